/* Names, files and figures of the running vfsd. What its operations answer in detail is tested on
 * the host (tests/unit/services/vfsd). */
#include <abi/services.h>
#include <abi/vfs.h>
#include <string.h>
#include <tap/api.h>

enum { LOAD_MS = 60, LOAD_ROUNDS_MAX = 100, NS_PER_MS = 1000000, TICK_MS = 10 };

struct client {
	struct tap tap;
	uint64_t endpoint;
	uint64_t pid;
	struct {
		struct ipc_message_header header;
		struct vfs_request request;
		char name[256];
	} message;
	struct {
		struct vfs_reply head;
		char bytes[VFS_BYTES_MAX];
	} answer;
};

static int ask(struct client *c, unsigned op, const struct vfs_request *request, const char *name)
{
	size_t len = strlen(name), payload = sizeof c->message.request + len;
	uint64_t reply_len = 0;
	c->message.request = *request;
	c->message.request.pid = c->pid;
	c->message.request.name_len = (uint16_t)len;
	memcpy(c->message.name, name, len);
	c->message.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION, .op = (uint16_t)op, .payload_len = (uint32_t)payload};
	memset(&c->answer.head, 0, sizeof c->answer.head);
	enum status status =
	        rustos_ipc_call(c->endpoint, &c->message, sizeof c->message.header + payload,
	                        &c->answer, sizeof c->answer, &reply_len);
	return status == OK ? c->answer.head.status : (int)status;
}

/* Opens and reads a file of /proc; the text, empty when there is none. */
static struct str read_made(struct client *c, const char *path)
{
	const struct vfs_request open = {.mask = VFS_MAY_READ};
	if (ask(c, VFS_OPENAT, &open, path) != OK)
		return (struct str){};
	const struct vfs_request read = {.start = c->answer.head.facts.node, .size = VFS_BYTES_MAX};
	if (ask(c, VFS_READ, &read, "") != OK)
		return (struct str){};
	return (struct str){c->answer.bytes, c->answer.head.len};
}

static void check_names(struct client *c)
{
	struct tap *tap = &c->tap;
	const struct vfs_request none = {}, directory = {.mode = 0755};
	const struct vfs_request create = {.mask = VFS_MAY_WRITE, .mode = 0644};
	tap_check_equal(tap, ask(c, VFS_STATX, &none, "/services/vfsd/vfsd.elf"), OK,
	                "a file of the boot archive has its place");
	tap_check_equal(tap, c->answer.head.facts.content, VFS_CONTENT_PAGED, "and is paged");
	const struct vfs_request page = {.start = c->answer.head.facts.node, .size = 4};
	tap_check_equal(tap, ask(c, VFS_PAGE_IN, &page, ""), OK, "its bytes can be had");
	tap_check(tap, memcmp(c->answer.bytes, "\177ELF", 4) == 0, "and are those of a program");
	tap_check_equal(tap, ask(c, VFS_MKDIR, &directory, "/tmp/client"), OK, "a folder is made");
	tap_check_equal(tap, ask(c, VFS_MKDIR, &directory, "/tmp/client"), ERR_EXISTS, "once");
	tap_check_equal(tap, ask(c, VFS_CREATE, &create, "/tmp/client/file"), OK,
	                "a file is made in it");
	const struct vfs_request held = {.start = c->answer.head.facts.node, .size = 1};
	const struct vfs_request remove = {.flags = VFS_REMOVE_DIRECTORY};
	tap_check_equal(tap, ask(c, VFS_UNLINKAT, &remove, "/tmp/client"), ERR_NOT_EMPTY,
	                "which then stays");
	tap_check_equal(tap, ask(c, VFS_UNLINKAT, &none, "/tmp/client/file"), OK,
	                "until the file goes");
	tap_check_equal(tap, ask(c, VFS_FORGET, &held, ""), OK, "and is forgotten");
	tap_check_equal(tap, ask(c, VFS_UNLINKAT, &remove, "/tmp/client"), OK, "then it goes too");
	tap_check_equal(tap, ask(c, VFS_STATX, &none, "/dev/null"), OK, "there are devices");
	tap_check_equal(tap, (int64_t)c->answer.head.facts.rdev, 0x103, "by their numbers");
}

/* The number that stands `index` words into a text, digits only. */
static uint64_t number_at(struct str text, unsigned index)
{
	for (; index && text.len; index--)
		text = str_cut(text, ' ').rest;
	uint64_t value = 0;
	for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(text.ptr[i] - '0');
	return value;
}

static uint64_t own_ticks(struct client *c)
{
	enum { WORD_USER = 13, WORD_SYSTEM = 14 };
	struct str text = read_made(c, "/proc/self/stat");
	return number_at(text, WORD_USER) + number_at(text, WORD_SYSTEM);
}

/* Whom nobody answers shall not work for seconds in vain. */
static bool is_answered(struct client *c)
{
	return read_made(c, "/proc/self/stat").len > 0;
}

static void check_load(struct client *c)
{
	uint64_t start = 0, now = 0, used = 0;
	/* first, as the question costs time, too */
	(void)!rustos_clock_now(&start);
	uint64_t before = own_ticks(c);
	/* others may have the CPU for long: once more, until it was this one's for a tick */
	for (unsigned round = 1; used == 0 && round <= LOAD_ROUNDS_MAX && is_answered(c); round++) {
		do
			(void)!rustos_clock_now(&now);
		while (now - start < (uint64_t)LOAD_MS * NS_PER_MS * round);
		used = own_ticks(c) - before;
	}
	/* others may have had the CPU meanwhile, but nobody gives time back */
	(void)!rustos_clock_now(&now);
	uint64_t most = (now - start) / NS_PER_MS / TICK_MS + 2;
	tap_check(&c->tap, used > 0, "work shows in the time of its process");
	tap_check(&c->tap, used <= most, "and no more than there was");
}

static void check_figures(struct client *c)
{
	enum { WORD_PID = 0, WORD_RESIDENT = 23, LOAD_BYTES = 4 << 20, PAGE = 4096 };
	struct tap *tap = &c->tap;
	uint64_t start = 0;
	tap_check_equal(tap, (int64_t)number_at(read_made(c, "/proc/self/stat"), WORD_PID),
	                (int64_t)c->pid, "/proc/self is who asks");
	tap_check(tap, str_starts_with(read_made(c, "/proc/self/comm"), STR("vfs_client")),
	          "by its name");
	struct str arguments = read_made(c, "/proc/self/cmdline");
	tap_check(tap, str_ends_with(arguments, STR("first\0second\0")), "with its arguments");
	uint64_t before = number_at(read_made(c, "/proc/self/stat"), WORD_RESIDENT);
	enum status status =
	        rustos_memory_map(0, LOAD_BYTES, MEMORY_READ | MEMORY_WRITE, MEMORY_WIRED, &start);
	uint64_t after = number_at(read_made(c, "/proc/self/stat"), WORD_RESIDENT);
	tap_check(tap,
	          status == OK && after - before >= LOAD_BYTES / PAGE &&
	                  after - before <= LOAD_BYTES / PAGE + 16,
	          "memory that it takes shows in its pages");
	tap_check(tap, str_starts_with(read_made(c, "/proc/meminfo"), STR("MemTotal:")),
	          "there are figures of memory");
	tap_check(tap, read_made(c, "/proc/self/maps").len > 0, "and of mappings");
	tap_check(tap, str_starts_with(read_made(c, "/proc/rustos/locks"), STR("taken ")),
	          "and of locks, where they are counted");
	const struct vfs_request first = {};
	tap_check_equal(tap, ask(c, VFS_STATX, &first, "/proc/1/fd"), OK,
	                "the first program is there");
	tap_check_equal(tap, ask(c, VFS_STATX, &first, "/proc/4000000"), ERR_NOT_FOUND,
	                "and others are not");
}

/* No call tells a native program its number; the kernel writes the sender's into each message. */
static uint64_t own_pid(struct client *c)
{
	const struct vfs_request root = {.size = VFS_BYTES_MAX};
	struct vfs_request list = root;
	uint64_t found = 0;
	if (ask(c, VFS_OPENAT, &root, "/proc") != OK)
		return 0;
	list.start = c->answer.head.facts.node;
	if (ask(c, VFS_GETDENTS64, &list, "") != OK)
		return 0;
	static char records[VFS_BYTES_MAX];
	size_t len = c->answer.head.len;
	memcpy(records, c->answer.bytes, len);
	for (size_t at = 0; at < len; at += (uint8_t)records[at + 16]) {
		char path[64] = "/proc/";
		struct str name = str_from_c(records + at + 19);
		uint64_t pid;
		if (!str_to_u64(name, &pid))
			continue;
		memcpy(path + 6, name.ptr, name.len);
		memcpy(path + 6 + name.len, "/comm", 6);
		if (str_starts_with(read_made(c, path), STR("vfs_client")))
			found = pid;
	}
	return found;
}

/* Handles that nobody wants must neither end vfsd nor stay in front of its queue. */
static void check_handles(struct client *c)
{
	uint64_t own = 0, reply_len;
	uint16_t taken_count = 0;
	int32_t sent = 0;
	if (rustos_ipc_endpoint_create(&own) == OK)
		sent = (int32_t)own;
	const struct ipc_call_with_handles_args call = {
	        .endpoint = c->endpoint,
	        .request_ptr = (uintptr_t)&c->message,
	        .request_len = sizeof c->message.header,
	        .send_fds_ptr = (uintptr_t)&sent,
	        .send_fd_count = 1,
	        .recv_fd_count_ptr = (uintptr_t)&taken_count,
	};
	const struct vfs_request none = {};
	enum { TIMES = 3 };
	for (int i = 0; i < TIMES; i++)
		tap_check_equal(&c->tap, rustos_ipc_call_with_handles(&call, &reply_len),
		                ERR_INVALID_ARGS,
		                "a request with a handle is refused to its sender");
	tap_check_equal(&c->tap, ask(c, VFS_STATX, &none, "/"), OK, "and vfsd goes on");
	tap_check_equal(&c->tap, rustos_handle_close(own), OK, "the handle is still its own");
}

int main(void)
{
	static struct client client;
	tap_check_equal(&client.tap,
	                rustos_ipc_lookup_service_endpoint(IPC_SERVICE_VFSD, &client.endpoint), OK,
	                "vfsd answers");
	client.pid = own_pid(&client);
	tap_check(&client.tap, client.pid > 1, "/proc lists who asks");
	check_names(&client);
	check_figures(&client);
	check_load(&client);
	check_handles(&client);
	return tap_finish(&client.tap);
}
