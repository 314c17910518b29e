/* Whom a program begins as by the bits of its file: execve(2), inode(7). */
#pragma once

#include <abi/syscalls.h>

struct set_id_file {
	uint32_t mode, uid, gid;
};

struct set_id {
	uint32_t euid, egid;
};

/* A group's bit counts only for a file that the group may execute; without it, it marks locks. */
struct set_id set_id_decide(const struct set_id_file *file, const struct credentials_slot *who);
