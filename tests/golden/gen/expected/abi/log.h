/* Generated from registry/log.toml; edit that. */
#pragma once

enum log_level {
	LOG_LEVEL_OFF, /* Nothing. */
	LOG_LEVEL_TRACE, /* Steps. */
	LOG_LEVEL_DEBUG, /* Details. */
	LOG_LEVEL_INFO, /* Events. */
	LOG_LEVEL_WARN, /* Trouble. */
	LOG_LEVEL_ERROR, /* Failure. */
	LOG_LEVEL_FATAL, /* The end. */
	LOG_LEVEL_COUNT,
};

enum log_category {
	LOG_BOOT, /* Bring-up. */
	LOG_DEBUG, /* Debug calls. */
	LOG_CATEGORY_COUNT,
};

/* Initialiser of an array of C strings, by enum log_level. */
#define LOG_LEVEL_NAMES \
	{ \
		"off", \
		"trace", \
		"debug", \
		"info", \
		"warn", \
		"error", \
		"fatal", \
	}

/* Initialiser of an array of C strings, by enum log_category. */
#define LOG_CATEGORY_NAMES \
	{ \
		"boot", \
		"debug", \
	}
