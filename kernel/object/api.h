/*
 * The face of kernel/object: counted kernel objects, and the tables of handles through which
 * processes reach them.
 *
 * A handle is a small number, lowest free first, as a file descriptor is: both live in one table
 * per process. Memory comes from above, through struct object_memory.
 */
#pragma once

#include "hal/api.h"
#include <abi/status.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <stdbool.h>
#include <stdint.h>

/* What a handle allows. A copy never has more than its original. */
enum right {
	RIGHT_READ = 1 << 0,
	RIGHT_WRITE = 1 << 1,
	RIGHT_MAP = 1 << 2,
	RIGHT_CALL = 1 << 3, /* endpoint: send requests */
	RIGHT_RECEIVE = 1 << 4, /* endpoint: take requests, register it as a service */
	RIGHT_DUPLICATE = 1 << 5,
	RIGHT_TRANSFER = 1 << 6, /* may travel in a message */
	RIGHTS_ALL = (1 << 7) - 1,
};

/* ---- objects ---- */

struct object;

struct object_type {
	const char *name;
	uint32_t rights; /* those that mean something for it */
	bool is_inherited; /* a copy of the process has a handle to the same object */
	/* The last reference is gone. */
	void (*destroy)(struct object *object);
	/* A handle with these rights came into a table, or left one. May be NULL. The caller holds
	 * a reference and no lock. */
	void (*handle_added)(struct object *object, uint32_t rights);
	void (*handle_removed)(struct object *object, uint32_t rights);
};

struct object {
	const struct object_type *type;
	uint32_t references; /* atomic */
};

/* With one reference, the caller's. */
void object_init(struct object *object, const struct object_type *type);
uint32_t object_references(const struct object *object);

static inline struct object *object_ref(struct object *object)
{
	__atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
	return object;
}

/* Accepts NULL. */
static inline void object_unref(struct object *object)
{
	if (object && __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL) == 0)
		object->type->destroy(object);
}

/* ---- handles ---- */

enum {
	HANDLE_CHUNK = 64,
	HANDLE_CHUNKS_MAX = 64,
	HANDLES_MAX = HANDLE_CHUNK * HANDLE_CHUNKS_MAX, /* in one process */
	HANDLE_FIRST_NATIVE = 3, /* below it only what asks for these numbers */
	HANDLE_CLOSE_ON_EXEC = 1 << 0,
};

/* Zeroed memory; NULL when there is none. */
struct object_memory {
	void *(*alloc)(size_t size);
	void (*free)(void *memory, size_t size);
};

struct handle_chunk;

struct handle_table {
	const struct object_memory *memory;
	struct spinlock lock;
	/* guarded by lock */
	uint32_t count;
	uint32_t limit; /* quota: at most HANDLES_MAX */
	uint64_t full; /* bit per chunk */
	struct handle_chunk *chunks[HANDLE_CHUNKS_MAX]; /* made when first used */
	uint64_t version; /* atomic; rises when a number stops to mean what it meant */
};

/* What numbers mean has changed, for who relies on the version. */
void handle_table_renew(struct handle_table *table);
/* As long as it is the same, a number that meant something means the same. */
static inline uint64_t handle_table_version(const struct handle_table *table)
{
	return __atomic_load_n(&table->version, __ATOMIC_ACQUIRE);
}

void handle_table_init(struct handle_table *table, const struct object_memory *memory,
                       uint32_t limit);
/* Closes everything. */
void handle_table_release(struct handle_table *table);
/*
 * A lower limit closes nothing; it only stops growth. As many numbers as that may still be asked
 * for by handle_table_replace.
 */
void handle_table_set_limit(struct handle_table *table, uint32_t limit);
/* The same, where that is lower than the limit it has. */
void handle_table_lower_limit(struct handle_table *table, uint32_t limit);
uint32_t handle_table_count(struct handle_table *table);

struct handle_request {
	struct object *object; /* gets a reference of its own */
	uint32_t rights;
	uint32_t flags; /* HANDLE_* */
	uint32_t first; /* lowest number to take */
};

/* ERR_TOO_MANY_HANDLES: over the quota, or no number left; ERR_NO_MEMORY. */
enum status handle_table_add(struct handle_table *table, const struct handle_request *request,
                             int32_t *out_handle);

/*
 * The object with a reference for the caller, who drops it. ERR_BAD_HANDLE: no such handle, or
 * another kind of object (type NULL: any); ERR_ACCESS_DENIED: a right is missing.
 */
enum status handle_table_get(struct handle_table *table, uint64_t handle,
                             const struct object_type *type, uint32_t rights,
                             struct object **out_object);

/* The same of any kind, and what it allows, which is at least rights. */
enum status handle_table_get_all(struct handle_table *table, uint64_t handle, uint32_t rights,
                                 struct object **out_object, uint32_t *out_rights);

struct handle_facts {
	const struct object_type *type;
	uint32_t rights;
	uint32_t flags;
};

enum status handle_table_look(struct handle_table *table, uint64_t handle,
                              struct handle_facts *out_facts);
enum status handle_table_set_flags(struct handle_table *table, uint64_t handle, uint32_t flags);
/* ERR_BAD_HANDLE. */
enum status handle_table_close(struct handle_table *table, uint64_t handle);
/*
 * A second handle with those of the first one's rights that are in mask. ERR_ACCESS_DENIED: no
 * RIGHT_DUPLICATE.
 */
enum status handle_table_duplicate(struct handle_table *table, uint64_t handle, uint32_t mask,
                                   uint32_t first, int32_t *out_handle);

/*
 * Handles to the same objects at the same numbers, of types that are inherited. to is empty and
 * nobody else's. All of them, whatever its limit. On failure (ERR_NO_MEMORY) some are there.
 */
enum status handle_table_copy(struct handle_table *to, struct handle_table *from);
/* Closes those with one of these flags. */
void handle_table_close_marked(struct handle_table *table, uint32_t flags);
/*
 * At this number, in place of what is there; nobody finds it free in between. ERR_BAD_HANDLE: the
 * number is not below the limit; ERR_NO_MEMORY. What is there stays then.
 */
enum status handle_table_replace(struct handle_table *table, uint32_t handle,
                                 const struct handle_request *request);

/* ---- transfer: a handle between two tables ---- */

/* Live while ticket is not 0, and then it owns a reference. Used up by install or drop. */
struct handle_transfer {
	struct object *object;
	uint32_t rights;
	uint64_t ticket; /* never the same twice */
};

/* The handle stays open. ERR_ACCESS_DENIED: no RIGHT_TRANSFER. */
enum status handle_table_export(struct handle_table *table, uint64_t handle,
                                struct handle_transfer *out_transfer);
/*
 * All or nothing; on failure all of them are still live. ERR_INVALID_ARGS: one without a
 * ticket; otherwise as handle_table_add.
 */
enum status handle_table_install(struct handle_table *table, struct handle_transfer *transfers,
                                 size_t count, int32_t *out_handles);
void handle_transfer_drop(struct handle_transfer *transfers, size_t count);
