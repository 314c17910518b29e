/*
 * Local sockets (unix(7)): streams, datagrams, sequenced packets. Private to io.
 *
 * A socket receives at a port and sends to the port of another one, so that a port's lock is all
 * that one message needs. No two ports are ever locked at once.
 */
#pragma once

#include "io/unix/queue.h"
#include "io/unix/unix.h"

struct unix_socket;

struct unix_port {
	uint32_t references; /* atomic */
	struct readiness space; /* READY_OUT: something may fit, or nothing ever will */
	struct sleep_lock reading; /* one reader at a time; before lock */
	struct sleep_lock lock;
	/* guarded by lock */
	struct unix_queue queue;
	struct unix_socket *reader; /* NULL: closed */
	struct unix_socket *writer; /* of a connection; NULL: closed, or there is none */
	bool read_shut; /* the reader wants no more */
	bool ended; /* nothing more will come */
	bool reset; /* the other side closed with bytes unread; told once */
	bool is_listening;
	struct list pending; /* struct unix_socket.pending: connections not yet accepted */
	uint32_t pending_count; /* with those being made */
	uint32_t pending_max;
};

struct unix_socket {
	struct file file;
	struct readiness readiness;
	struct list pending;
	enum unix_kind kind;
	uint64_t inode;
	struct unix_port *port; /* counted */

	/* guarded by the lock of unix_garbage.c */
	struct list all; /* of every socket */
	struct list marked;
	uint32_t in_flight; /* references that lie in queues */
	bool is_suspect;

	struct spinlock ready_lock;
	/* guarded by ready_lock */
	uint32_t ready_in, ready_out; /* enum ready; halves of the readiness word */
	bool in_ended, out_ended;

	struct sleep_lock lock;
	/* guarded by lock */
	bool is_listening;
	struct unix_port *peer; /* counted; NULL: not connected */
	struct unix_name *name; /* counted; NULL: not bound */
	char key[UNIX_NAME_MAX]; /* of its binding */
	size_t key_len; /* 0: none; the name stays once it is set */
	struct unix_name *peer_name; /* counted */
	struct unix_credentials peer_credentials;
	bool write_shut;
	bool passes_credentials; /* SO_PASSCRED */
	uint64_t receive_timeout_ns, send_timeout_ns; /* 0: none */
};

struct unix_socket *unix_socket_of(struct file *file);
/* ERR_NOT_SOCKET. */
enum status unix_socket_get(struct file *file, struct unix_socket **out_socket);
/* Of the calling process. */
struct unix_credentials unix_own_credentials(void);

/* Not connected, with one reference. ERR_NO_MEMORY. */
enum status unix_socket_new(enum unix_kind kind, uint32_t flags, struct unix_socket **out);

static inline struct unix_port *unix_port_ref(struct unix_port *port)
{
	__atomic_fetch_add(&port->references, 1, __ATOMIC_RELAXED);
	return port;
}
/* Accepts NULL. */
void unix_port_unref(struct unix_port *port);
/* Makes the words of reader, writer and space true. The port is locked. */
void unix_port_tell(struct unix_port *port);
/* Nothing more comes in; the reader hears of it. was_reset: it reads an error first. */
void unix_port_end(struct unix_port *port, bool was_reset);
/* The reader is gone or wants no more: what waits is thrown away. May close files. */
void unix_port_shut(struct unix_port *port, bool is_closed);
/* What waits is thrown away. May close files. */
void unix_port_empty(struct unix_port *port);
/* The half of a socket's word; told says what happened. */
void unix_socket_ready_in(struct unix_socket *socket, uint32_t word, bool ended);
void unix_socket_ready_out(struct unix_socket *socket, uint32_t word, bool ended);

/* Connects two that nobody else reaches, but for one that is locked. */
void unix_socket_pair_up(struct unix_socket *a, struct unix_socket *b);

/* Of the bound names; key is not empty. The port lives until it is removed. ERR_ADDRESS_IN_USE. */
enum status unix_names_add(struct str key, struct unix_port *port);
void unix_names_remove(struct str key);
/* Counted; NULL: nobody is there. */
struct unix_port *unix_names_find(struct str key);

/* ---- files in queues ---- */

void unix_flight_add_socket(struct unix_socket *socket);
void unix_flight_remove_socket(struct unix_socket *socket);
/*
 * The files of a message go into a queue while deliver runs, if it answers OK; what it answered.
 * ERR_TOO_MANY_IN_FLIGHT: more would wait than the sender may have open; ERR_NO_MEMORY.
 */
enum status unix_flight_start(struct unix_message *message, enum status (*deliver)(void *context),
                              void *context);
/* The files of a message, which are the caller's now. NULL: none. */
struct unix_files *unix_flight_land(struct unix_message *message);
