/*
 * The state of the name service, and what its parts know of each other.
 *
 * A place is where a walk stands: a file of the tree, one of a data volume, or one that /proc makes
 * up.
 */
#pragma once

#include "holds.h"
#include "made/figures.h"
#include "tree.h"
#include "volume/volume.h"
#include <abi/log.h>
#include <ext/api.h>
#include <format/api.h>
#include <service/client.h>
#include <service/strands.h>

enum {
	VFS_ACCESS_RULES_MAX = 128,
	WALKS_AT_ONCE = 2, /* rename and link need two */
	WALK_REST_BYTES = 16 * (VFS_PATH_MAX + 1),
	TURNS = 12, /* fewer than DISK_LINES: each waits for one at most */
};

/* What a walk works on. */
struct walk_memory {
	char rest[WALK_REST_BYTES]; /* of the path, at its end */
	char target[VFS_PATH_MAX + 1]; /* of a link; at the end of the walk: the last name */
};

/* Of one request; see waits.h. */
struct request_memory {
	struct walk_memory walks[WALKS_AT_ONCE];
	char below_text[VFS_PATH_MAX]; /* for below.c */
	struct request_waits {
		uint32_t held; /* bit per turn */
		uint32_t wanted; /* turn that somebody else has, plus 1; 0: none */
		unsigned runs; /* once more, so often */
		bool is_stale; /* others were served, and what places mean has changed */
		bool again; /* it has done nothing, and is to be run once more */
		bool is_alone; /* it waits with everybody */
	} waits;
};

struct place {
	uint32_t inode; /* of the tree; 0: none of it */
	uint32_t volume; /* a data volume's number; 0: none */
	uint32_t file; /* of that volume: the number of its inode */
	uint32_t mount; /* index of the mount by which it was reached; 0: not known */
	uint64_t made; /* number of a made file; 0: none */
};

/* What programs may read of the boot archive: linux-runtime-access.tsv. */
struct access_rule {
	struct str path; /* absolute */
	bool folder; /* and all below */
};

enum { DATA_VOLUMES_MAX = 3, DISK_MAJOR = 259 };

struct data_volume {
	uint32_t number; /* of the volume; 0: not in use */
	struct storage_descriptor device;
	struct disks *disks;
	void *memory; /* DATA_MEMORY_BYTES */
	struct ext_volume ext;
};

/* Where the last answer of a list that is read in pieces ended. */
struct made_cursor {
	uint64_t pid; /* whose list it is; 0: the machine's */
	uint64_t offset; /* in the text */
	uint64_t next; /* what the kernel is asked for from here on */
};

struct vfs_service {
	struct tree tree;
	struct figures figures;
	struct made_cursor mappings, sockets;
	struct service_client root; /* rootd */
	struct str archive; /* the boot archive's bytes */
	void (*say)(enum log_level level, struct str text); /* one line for the log; may be NULL */
	struct disks disks;
	struct volume volumes[STORE_VOLUMES_MAX + 1]; /* by number; 0: one that is looked at */
	struct data_volume data[DATA_VOLUMES_MAX];
	struct holds holds;
	/* DATA_MEMORY_BYTES for a data volume that outlive the process; NULL: there is no more. */
	void *(*data_memory)(unsigned slot);
	struct access_rule rules[VFS_ACCESS_RULES_MAX];
	size_t rule_count;
	struct service_strands strands;
	struct service_turn turns[TURNS]; /* of volumes: by volume_turn */
	uint64_t endpoint; /* for events; 0: not registered */
	uint64_t transfers; /* that were begun */
	struct request_memory alone; /* of what is done outside of requests */
};

/* Whose rights count. */
struct identity {
	uint32_t uid, gid;
	uint64_t pid; /* whose further groups count, too */
	const struct figures *figures; /* who knows them */
};

static inline struct identity request_identity(const struct vfs_service *self,
                                               const struct vfs_request *in)
{
	return (struct identity){in->uid, in->gid, in->pid, &self->figures};
}

/* Whether it is the same file, by whatever mount. */
static inline bool place_equal(struct place a, struct place b)
{
	return a.inode == b.inode && a.volume == b.volume && a.file == b.file && a.made == b.made;
}

static inline struct request_memory *request_memory(struct vfs_service *self)
{
	struct request_memory *memory = service_own(&self->strands);
	return memory ? memory : &self->alone;
}

/* ---- places.c ---- */

/*
 * ERR_NOT_FOUND: the node is gone. A node of zeros is the first root. mount: as facts said it; 0,
 * or that of a mount that is gone: any of the volume's, or none.
 */
enum status place_of_node(struct vfs_service *self, const struct vfs_node *node, uint16_t mount,
                          struct place *out_place);
enum status place_facts(struct vfs_service *self, struct place place, struct vfs_facts *out_facts);
/* Whether it is a device, by its mode, and no devices open by the mount it was reached by. */
bool place_refuses_device(const struct vfs_service *self, struct place place, uint32_t mode);
/* One step down; the name is neither "." nor "..". ERR_NOT_FOUND, ERR_NAME_TOO_LONG. */
enum status place_child(struct vfs_service *self, struct place directory, struct str name,
                        struct place *out_child);
/* One step up, over mounts, not beyond root. */
enum status place_parent(struct vfs_service *self, struct place directory, struct place root,
                         struct place *out_parent);
/* What is mounted on a place, or the place. */
struct place place_uncover(struct vfs_service *self, struct place place);
/* Appends the target of a symbolic link. ERR_INVALID_ARGS: it is none. */
enum status place_target(struct vfs_service *self, struct place link, uint64_t reader_pid,
                         struct format_buffer *text);
/*
 * The path seen from root; written to the end of the buffer. ERR_NOT_FOUND: it has no name any
 * more. A file that was reached by several names shows one of them. A root that knows no mount
 * stops the path by whichever mount it is met.
 */
enum status place_path(struct vfs_service *self, struct place place, struct place root,
                       struct str buffer, struct str *out_path);

/* ---- access.c ---- */

/* What rights depend on. */
struct access_subject {
	uint32_t mode, uid, gid;
};

bool access_may_search(const struct access_subject *directory, const struct identity *who);
/* Who a process is, with its further groups, as the kernel says. */
enum status access_credentials(const struct figures *figures, uint64_t pid,
                               struct credentials_slot *out);
/* Whether it is the first group or a further one. */
bool access_in_group(const struct identity *who, uint32_t gid);
/* ERR_ACCESS_DENIED, ERR_READ_ONLY. mask: VFS_MAY_*. */
enum status access_check(const struct vfs_facts *facts, struct identity who, uint32_t mask);
/* Whether `who` may remove an entry that names `facts` from a directory. */
enum status access_remove(const struct vfs_facts *directory, const struct vfs_facts *facts,
                          struct identity who);
/* Whether programs may read this file of the boot archive as data. */
bool access_listed(struct vfs_service *self, struct place place);
/* Reads the rules; malformed lines are counted. */
size_t access_read_rules(struct vfs_service *self, struct str text);

/* ---- walk.c ---- */

enum walk_kind {
	WALK_LOOK_UP, /* the file itself; a link at the end is followed */
	WALK_NO_FOLLOW, /* the same, but a link without a slash behind it is the file */
	WALK_CREATE, /* as look up; the last name may be missing */
	WALK_NAME, /* the last name, which is not followed; it may be missing */
};

enum last_kind { LAST_NORMAL, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

struct walked {
	struct place directory; /* where the last name stands */
	struct str last; /* points into the walk's memory */
	enum last_kind kind;
	bool slash; /* behind the last name */
	bool found;
	enum status missing; /* when not: ERR_NOT_FOUND, or ERR_NAME_TOO_LONG */
	struct place place; /* when found */
};

struct walk_request {
	const struct vfs_request *in;
	const struct vfs_node *start;
	uint16_t mount; /* of start */
	struct str path;
	enum walk_kind kind;
	unsigned memory; /* which of the service's WALKS_AT_ONCE; it holds `last` */
};

enum status walk(struct vfs_service *self, const struct walk_request *request,
                 struct walked *out_walked);

/* ---- mounts.c: which mount lies on what ---- */

/* The mount on a place, reached by the same mount; 0: none. */
uint32_t mount_on(const struct vfs_service *self, struct place place);
/* The mount whose root a place is; 0: none, or that of the tree. */
uint32_t mount_of_root(const struct vfs_service *self, struct place place);
/* What a mount covers, and what is seen there. */
struct place mount_place_below(const struct vfs_service *self, uint32_t mount);
struct place mount_root(const struct vfs_service *self, uint32_t mount);
/* Whether a name of this file may not go: something is mounted on it, or it is seen elsewhere. */
bool mount_needs(const struct vfs_service *self, struct place place, bool roots);
/* As facts show a mount. */
uint16_t mount_number(const struct vfs_service *self, uint32_t mount);
/* ERR_NOT_FOUND: it is gone. */
enum status mount_of_number(const struct vfs_service *self, uint16_t number, uint32_t *out_mount);
/* The next one in the order of mounting, from 0 on; 0: none. */
uint32_t mount_after(const struct vfs_service *self, uint32_t mount);

struct mount_entry {
	uint32_t volume;
	struct place on, root;
	struct str source, kind;
	uint32_t flags;
};
enum { MOUNT_DETACH = 2 }; /* flag of umount2(2) */
/* A mount lies on this place from now on; part of an operation. */
void mount_attach(struct vfs_service *self, uint32_t mount, struct place on);
/* Enters one in the table. ERR_NO_SPACE. */
enum status mount_enter(struct vfs_service *self, const struct mount_entry *entry);
/* flags of umount2. ERR_INVALID_ARGS: nothing is mounted there. ERR_BUSY. */
enum status mount_remove(struct vfs_service *self, struct place root, uint32_t flags);
/* Ends the volumes that nobody reaches and nobody uses any more. */
void mounts_settle(struct vfs_service *self);

/* ---- mount_make.c: the volumes of mounts ---- */

struct mount_request {
	struct place on;
	struct str source, kind, data;
	uint32_t disk; /* whose node source names; 0: it names none */
	uint32_t flags;
	uint32_t row; /* of the mount table; 0: none */
	bool over; /* laid over the tree at `on`, and below what is there */
	int64_t now_ns;
};

enum { /* of mount(2) */
       MOUNT_READ_ONLY = 1,
       MOUNT_REMOUNT = 32,
       MOUNT_BIND = 4096,
       MOUNT_MOVE = 8192,
       MOUNT_DEEP = 16384, /* MS_REC */
       MOUNT_KEPT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048, /* read-only, nosuid, nodev, noexec, ... */
};

enum status mount_add(struct vfs_service *self, const struct mount_request *request);
/* A place is seen at another one, too. ERR_INVALID_ARGS, ERR_NO_SPACE. */
enum status mount_bind(struct vfs_service *self, struct place from, struct place on, bool deep);
/* A mount goes elsewhere. ERR_INVALID_ARGS: `from` is no mount's root, or `on` lies in it. */
enum status mount_move(struct vfs_service *self, struct place from, struct place on);
/* ERR_INVALID_ARGS: nothing is mounted there; ERR_READ_ONLY: what cannot be written. */
enum status mount_change_flags(struct vfs_service *self, struct place root, uint32_t flags);

/* Rights in octal. */
static inline uint32_t mode_of_text(struct str text)
{
	uint32_t mode = 0;
	for (size_t i = 0; i < text.len; i++)
		mode = mode * 8 + (uint32_t)(text.ptr[i] - '0') % 8;
	return mode & MODE_RIGHTS;
}
/* A user or a group by its number; nothing at all: root. ERR_INVALID_ARGS: it is nobody's. */
enum status id_of_text(struct str text, uint32_t *out_id);

/* ---- device_names.c ---- */

/* Names in /dev for disks that have none yet, and links to them by the labels of their volumes. */
void disks_name(struct vfs_service *self, int64_t now_ns);
/*
 * Names in /dev for devices that are there, as far as they need no folder; what has one keeps it.
 * Only until devmgrd is there, which has all of them.
 */
enum status devices_name(struct vfs_service *self, const struct device_node *nodes, size_t count,
                         int64_t now_ns);

/* ---- mount_table.c ---- */

/* Tries what waits for its disk, and names the disks in /dev. */
void mount_table_try(struct vfs_service *self, int64_t now_ns);
/* Opens the volumes that another vfsd had mounted, or goes on with them. */
void mount_table_reopen(struct vfs_service *self);

/* ---- below.c ---- */

/* Takes in what lies below a directory. Before its names are looked at. ERR_IO, ERR_NO_SPACE. */
enum status below_take(struct vfs_service *self, uint32_t directory);

/* ---- made*.c: the files of /proc, and those of /dev/pts ---- */

enum {
	MADE_ROOT = 1, /* number of /proc itself */
	MADE_TERMINALS = 2, /* of /dev/pts */
};

/* Whose volume the file is of. */
enum store_volume_kind made_volume(uint64_t made);

enum status made_facts(struct vfs_service *self, uint64_t made, struct vfs_facts *out_facts);
enum status made_child(struct vfs_service *self, uint64_t directory, struct str name,
                       uint64_t *out_made);
uint64_t made_parent(uint64_t made);
/* The entry behind a cookie. ERR_NOT_FOUND: none. */
struct made_entry {
	uint64_t made, cookie;
	char name[32];
	size_t name_len;
};
enum status made_after(struct vfs_service *self, uint64_t directory, uint64_t cookie,
                       struct made_entry *out_entry);
/* The file that a link to a descriptor stands for. ERR_NOT_FOUND: the kernel alone knows it. */
enum status made_descriptor_place(struct vfs_service *self, uint64_t made, struct place *out_place);
enum status made_read(struct vfs_service *self, uint64_t made, uint64_t offset, uint8_t *out,
                      size_t *len);
enum status made_target(struct vfs_service *self, uint64_t made, uint64_t reader_pid,
                        struct format_buffer *text);
/* Its own name in the directory that holds it. */
size_t made_name(uint64_t made, char *out, size_t capacity);
