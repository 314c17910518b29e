/* Block devices as programs are told of them. Inside kernel/compat only. */
#pragma once

#include "device/api.h"

struct storage_descriptor storage_describe(const struct block_facts *facts);
