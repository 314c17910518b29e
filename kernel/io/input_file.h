/* Input devices as files. Inside kernel/io only. */
#pragma once

#include "io/device_files.h"

/* number: DEVICE_INPUT or DEVICE_INPUT_EVDEV. ERR_NO_DEVICE_ADDRESS: no driver is there; ERR_IO: nor
 * devmgrd. */
enum status input_file_open(uint64_t number, uint32_t flags, struct file **out_file);
