/* image --explain: sizes by package, structure and padding, summed to the image's size. */
#pragma once

#include "cmd/cmd.h"

int explain_image(struct invocation *in);
