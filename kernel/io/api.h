/*
 * The face of kernel/io: what programs read and write beside files.
 */
#pragma once

#include "ps/api.h"

/* The system console: text to where the log goes; reading finds the end. With a reference. */
enum status console_file_open(struct file **out_file);
