/* The names that sockets are bound to. */
#include "io/unix/socket.h"
#include <string.h>

enum { UNIX_BUCKETS = 64 };

struct unix_binding {
	struct list link;
	struct unix_port *port; /* not counted: it takes its binding along */
	size_t key_len;
	char key[UNIX_NAME_MAX];
};

struct unix_names {
	struct spinlock lock;
	/* guarded by lock */
	bool is_ready;
	struct list buckets[UNIX_BUCKETS];
};

static struct unix_names unix_names = {.lock = SPINLOCK_INIT(LOCK_FILE)};

/* FNV-1a. */
static struct list *unix_bucket(struct str key)
{
	uint32_t hash = 0x811c9dc5;
	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (uint8_t)key.ptr[i]) * 0x01000193;
	return &unix_names.buckets[hash % UNIX_BUCKETS];
}

/* The table, locked. */
static void unix_names_lock(void)
{
	spinlock_acquire(&unix_names.lock);
	if (unix_names.is_ready)
		return;
	for (size_t i = 0; i < UNIX_BUCKETS; i++)
		list_init(&unix_names.buckets[i]);
	unix_names.is_ready = true;
}

static struct unix_binding *unix_names_look(struct str key)
{
	list_for_each(link, unix_bucket(key)) {
		struct unix_binding *binding = container_of(link, struct unix_binding, link);
		if (str_equal((struct str){binding->key, binding->key_len}, key))
			return binding;
	}
	return NULL;
}

enum status unix_names_add(struct str key, struct unix_port *port)
{
	struct unix_binding *binding = HEAP_NEW(struct unix_binding);
	if (!binding)
		return ERR_NO_MEMORY;
	*binding = (struct unix_binding){.port = port, .key_len = key.len};
	memcpy(binding->key, key.ptr, key.len);
	unix_names_lock();
	bool is_free = !unix_names_look(key);
	if (is_free)
		list_push_back(unix_bucket(key), &binding->link);
	spinlock_release(&unix_names.lock);
	if (!is_free)
		heap_free(binding, sizeof *binding);
	return is_free ? OK : ERR_ADDRESS_IN_USE;
}

void unix_names_remove(struct str key)
{
	unix_names_lock();
	struct unix_binding *binding = unix_names_look(key);
	if (binding)
		list_remove(&binding->link);
	spinlock_release(&unix_names.lock);
	heap_free(binding, sizeof *binding);
}

struct unix_port *unix_names_find(struct str key)
{
	unix_names_lock();
	struct unix_binding *binding = unix_names_look(key);
	struct unix_port *port = binding ? unix_port_ref(binding->port) : NULL;
	spinlock_release(&unix_names.lock);
	return port;
}
