/* Services of devices, by their messages and by what programs see of them. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

/* The endpoint; ends the program when there is none. */
uint64_t find(uint64_t service);
/* How many events drivers have reported, or the status of inputd, which says so. */
int64_t input_reported(void);
/* Names, open files and requests, while the driver of input devices goes and comes. */
void check_devices(struct tap *tap);
/* The brokers of devmgrd: wrong caller, hostile arguments. Makes the program a service of its kind.
 */
void check_brokers(struct tap *tap);
/* A request of devmgrd about a device, sent by this program itself. */
int64_t ask_policy(unsigned operation, uint64_t pid);
