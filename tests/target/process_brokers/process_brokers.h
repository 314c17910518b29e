/* Brokers that build processes, and the service that uses them. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

/* In turn: no capability yet; then that of a loader. */
void check_strangers(struct tap *tap);
void check_images(struct tap *tap);
void check_commits(struct tap *tap);
/* By messages. */
void check_loaderd(struct tap *tap);
