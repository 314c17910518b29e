/* The kernel's C entry. Called from hal/entry.S once, on the boot stack. */
#pragma once

#include "hal/api.h"

/* kind: enum boot_entry_kind; loader_info: physical address of the loader's structure. */
[[gnu::noreturn]] void kernel_start(uint32_t kind, paddr_t loader_info);
