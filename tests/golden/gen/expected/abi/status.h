/* Generated from registry/status.toml; edit that. */
#pragma once

/* 0 or a negative Linux errno value. */
enum [[nodiscard]] status {
	OK = 0,
	ERR_ACCESS_DENIED = -13, /* EACCES: No right. */
	ERR_BAD_ADDRESS = -14, /* EFAULT: No memory there. */
	ERR_INVALID_ARGS = -22, /* EINVAL: Outside what is defined. */
	ERR_NOT_IMPLEMENTED = -38, /* ENOSYS: No such call. */
};

/* The enumerator's name; "ERR_UNKNOWN" for a number that is none. */
static inline const char *status_name(int status)
{
	switch (status) {
	case OK:
		return "OK";
	case ERR_ACCESS_DENIED:
		return "ERR_ACCESS_DENIED";
	case ERR_BAD_ADDRESS:
		return "ERR_BAD_ADDRESS";
	case ERR_INVALID_ARGS:
		return "ERR_INVALID_ARGS";
	case ERR_NOT_IMPLEMENTED:
		return "ERR_NOT_IMPLEMENTED";
	default:
		return "ERR_UNKNOWN";
	}
}
