/* Generated from config/rustos.toml and its overrides; edit that. */
#pragma once

#define CONFIG_PRESET "debug"
#define CONFIG_DEBUG_ASSERTIONS 0
#define CONFIG_FAULT_POINTS 1
#define CONFIG_BOOT_TRACE 0
#define CONFIG_LOG_ENABLED 1
#define CONFIG_LOG_RING_BYTES 4096
#define CONFIG_LOG_SERIAL_MIRROR 0
/* Lines of this level and above are compiled in everywhere; 0: by threshold only. */
#define CONFIG_LOG_COMPILED_LEVEL 0
/* Least level that is logged, by enum log_category; 0: none. */
#define CONFIG_LOG_THRESHOLDS \
	{ \
		3, /* boot */ \
		0, /* debug */ \
	}
