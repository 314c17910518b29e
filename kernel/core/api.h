/*
 * The face of kernel/core: log, fault runtime, panic frame, symbols, and the
 * operations it needs from above. No hardware, no policy.
 */
#pragma once

#include "core/fault.h"
#include "core/log.h"
#include "core/ops.h"
#include "core/panic.h"
#include "core/symbols.h"
