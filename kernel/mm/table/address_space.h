/*
 * The tables of a user address space, and which CPUs have them loaded. Included by mm/api.h.
 *
 * What is where, and why, is kernel/vm's.
 */
#pragma once

#include "mm/table/page_table.h"

struct address_space {
	void *owner; /* of vm: its space; set once */
	uint64_t number; /* from 1, never the same twice; constant */
	bool uses_reserve; /* its threads get frames when others get none; set before they run */

	struct spinlock lock; /* also guards what vm keeps beside the tables */
	/* guarded by lock */
	struct page_table table;
};

/* The kernel half, and nothing below. Keeps a reference of account, which may be NULL. */
enum status address_space_create(struct memory_account *account, struct address_space **out_space);
/* Is there memory for it, beside what is reserved for others? Changes at once. */
bool address_space_may_grow(const struct address_space *space);
/* Nothing may be mapped, and no CPU may have it loaded. Accepts NULL. */
void address_space_destroy(struct address_space *space);
/* Loads it on this CPU. NULL: kernel only. */
void address_space_activate(struct address_space *space);
/* On any? */
bool address_space_is_loaded(const struct address_space *space);
/* Loaded on this CPU? */
bool address_space_is_active(const struct address_space *space);
