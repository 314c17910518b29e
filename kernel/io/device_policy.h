/* What devmgrd decides about devices that come and go. Inside kernel/io only. */
#pragma once

#include "io/api.h"

/*
 * Asks devmgrd in the name of the calling thread. ERR_IO: nobody answers; ERR_ACCESS_DENIED: it
 * said yes without having let the thread; ERR_INTERRUPTED; or what devmgrd said.
 */
enum status device_question_ask(const struct device_question *question);
