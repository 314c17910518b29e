/*
 * Local sockets (unix(7)), whose data moves in the kernel. Part of the face of kernel/io.
 *
 * A socket is a file; these work on any file and answer ERR_NOT_SOCKET for others. Calls that wait
 * do so unless FILE_NONBLOCK or UNIX_DO_NOT_WAIT: ERR_TRY_AGAIN then, and when the socket's own
 * time limit passes; ERR_INTERRUPTED when a signal comes first.
 */
#pragma once

#include "io/unix/queue.h"

/* Linux include/linux/net.h, enum sock_type. */
enum unix_kind {
	UNIX_STREAM = 1,
	UNIX_DATAGRAM = 2,
	UNIX_SEQUENCED = 5,
};

/* A socket's place: the name as the program gave it, and what it is known by. */
struct unix_address {
	char path[UNIX_NAME_MAX];
	size_t len; /* of path; 0: none */
	char key[UNIX_NAME_MAX]; /* of an abstract name the path, else what names the file */
	size_t key_len;
};

/* flags: FILE_NONBLOCK. With a reference. ERR_NO_MEMORY. */
enum status unix_socket_create(enum unix_kind kind, uint32_t flags, struct file **out_file);
enum status unix_socket_create_pair(enum unix_kind kind, uint32_t flags, struct file *out_files[2]);
bool file_is_unix_socket(const struct file *file);

/* ERR_INVALID_ARGS: it has a name already; ERR_ADDRESS_IN_USE. */
enum status unix_socket_bind(struct file *file, const struct unix_address *address);
/* An abstract name that nobody has. */
enum status unix_socket_bind_any(struct file *file);
/* ERR_NOT_SUPPORTED: datagrams; ERR_INVALID_ARGS: not bound, or connected. */
enum status unix_socket_listen(struct file *file, uint32_t backlog);
/*
 * address NULL: a datagram socket forgets its peer. ERR_CONNECTION_REFUSED: nobody listens there;
 * ERR_ALREADY_CONNECTED; ERR_WRONG_SOCKET_KIND.
 */
enum status unix_socket_connect(struct file *file, const struct unix_address *address);
/* ERR_INVALID_ARGS: it does not listen. flags: FILE_NONBLOCK, of the new one. */
enum status unix_socket_accept(struct file *file, uint32_t flags, struct file **out_file);

enum unix_flag { /* Linux include/linux/socket.h, MSG_* */
	         UNIX_PEEK = 0x02,
	         UNIX_TRUNCATE = 0x20, /* answers a message's whole length */
	         UNIX_DO_NOT_WAIT = 0x40,
	         UNIX_WAIT_ALL = 0x100,
};

struct unix_send {
	struct transfer *from;
	const struct unix_address *to; /* NULL: its peer */
	struct unix_files *files; /* taken when something was sent, and set to NULL; may be NULL */
	uint32_t flags; /* enum unix_flag */
};

/*
 * Streams may send a part. ERR_NOT_CONNECTED; ERR_BROKEN_PIPE; ERR_CONNECTION_REFUSED: nobody has
 * the name; ERR_MESSAGE_TOO_BIG; ERR_ALREADY_CONNECTED: to is given on a stream.
 */
enum status unix_socket_send(struct file *file, struct unix_send *send, size_t *out_count);

struct unix_receive {
	struct transfer *to;
	uint32_t flags; /* enum unix_flag */
	/* filled in */
	struct unix_credentials sender;
	bool was_truncated; /* the rest of the message is lost */
	struct unix_files *files; /* the caller's; NULL: none */
	struct unix_name *from; /* the caller's; NULL: it has none */
};

/* 0 bytes: the other side ended. ERR_NOT_CONNECTED; ERR_PEER_RESET. */
enum status unix_socket_receive(struct file *file, struct unix_receive *receive, size_t *out_count);

enum { UNIX_SHUT_READ, UNIX_SHUT_WRITE, UNIX_SHUT_BOTH };
enum status unix_socket_shut_down(struct file *file, uint32_t how);

/* Counted each; NULL: none. peer: ERR_NOT_CONNECTED. */
enum status unix_socket_name(struct file *file, struct unix_name **out_name);
enum status unix_socket_peer_name(struct file *file, struct unix_name **out_name);

struct unix_facts {
	enum unix_kind kind;
	bool is_listening;
	bool passes_credentials;
	bool has_peer;
	struct unix_credentials peer; /* who connected, listened, or made the pair */
	uint64_t receive_timeout_ns, send_timeout_ns; /* 0: none */
};
enum status unix_socket_facts(struct file *file, struct unix_facts *out_facts);
/* Those with an inode above this, ascending; how many. */
size_t unix_socket_list(uint64_t after, struct socket_figures *out, size_t capacity);
enum status unix_socket_set_passes_credentials(struct file *file, bool passes);
/* Of one call; 0: none. */
enum status unix_socket_set_timeout(struct file *file, bool of_sending, uint64_t timeout_ns);
/* An error that came meanwhile, once; OK: none. */
enum status unix_socket_take_error(struct file *file, enum status *out_error);

/* Empties the queues of sockets that nobody can reach any more. */
void unix_collect_garbage(void);
