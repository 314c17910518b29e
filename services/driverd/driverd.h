/* driverd: chooses, orders and loads driver modules, and says what became of each. */
#pragma once

#include "autoload.h"
#include <boot_archive/api.h>
#include <rt/api.h>
#include <rt/driver_service.h>

struct driver_service {
	struct boot_archive archive;
	struct autoload autoload;
};

/* The kernel's brokers. */
extern const struct autoload_ops driverd_machine;
