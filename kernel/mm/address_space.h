/* A user address space. Private to mm. */
#pragma once

#include "hal/api.h"
#include "mm/page_table.h"

struct address_space {
	struct spinlock lock;
	/* guarded by lock */
	struct page_table table;
	size_t owned_pages;
};

/* Loaded on this CPU? */
bool address_space_is_active(const struct address_space *space);
