/*
 * From a path to a file, in one go: mounts, "..", symbolic links, rights to search.
 *
 * The rest of the path lies at the end of a buffer; a link's target is put before it. Order of
 * errors as Linux has it: right to search, then length of the name, then whether it is there.
 */
#include "waits.h"

#include <string.h>

struct walking {
	struct vfs_service *self;
	const struct walk_request *request;
	struct identity who;
	struct place root, here;
	char *buffer; /* WALK_REST_BYTES bytes; the rest is at its end */
	char *target;
	size_t rest; /* where the rest begins */
	unsigned links;
};

static bool walking_take(struct walking *w, struct str *out_name)
{
	while (w->rest < WALK_REST_BYTES && w->buffer[w->rest] == '/')
		w->rest++;
	size_t start = w->rest;
	while (w->rest < WALK_REST_BYTES && w->buffer[w->rest] != '/')
		w->rest++;
	*out_name = (struct str){w->buffer + start, w->rest - start};
	return out_name->len > 0;
}

/* Whether a name comes behind the one just taken, and whether a slash does. */
static bool walking_goes_on(const struct walking *w, bool *out_slash)
{
	size_t at = w->rest;
	while (at < WALK_REST_BYTES && w->buffer[at] == '/')
		at++;
	*out_slash = at > w->rest;
	return at < WALK_REST_BYTES;
}

/* What a walk asks of each file on its way; of those of the tree without a copy of all facts. */
static enum status walking_look(struct walking *w, struct place place,
                                struct access_subject *out_file, uint32_t *out_content)
{
	struct vfs_facts facts;
	if (place.inode) {
		const struct store_inode *cell = tree_inode(&w->self->tree, place.inode);
		*out_file = (struct access_subject){cell->mode, cell->uid, cell->gid};
		*out_content = cell->content;
		return OK;
	}
	enum status status = place_facts(w->self, place, &facts);
	*out_file = (struct access_subject){facts.mode, facts.uid, facts.gid};
	*out_content = facts.content;
	return status;
}

/* ERR_NOT_DIRECTORY, ERR_ACCESS_DENIED: names cannot be looked up here. */
static enum status walking_search(struct walking *w)
{
	struct access_subject directory;
	uint32_t content;
	enum status status = walking_look(w, w->here, &directory, &content);
	if (status != OK)
		return status;
	if (!mode_is(directory.mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	return access_may_search(&directory, &w->who) ? OK : ERR_ACCESS_DENIED;
}

/* Puts text before the rest, which keeps its slash. */
static enum status walking_push(struct walking *w, struct str text)
{
	if (text.len > w->rest)
		return ERR_TOO_MANY_SYMLINKS;
	w->rest -= text.len;
	memcpy(w->buffer + w->rest, text.ptr, text.len);
	return OK;
}

static void walking_enter(struct walking *w)
{
	if (w->rest < WALK_REST_BYTES && w->buffer[w->rest] == '/')
		w->here = w->root;
}

static enum status walking_follow(struct walking *w, struct place link)
{
	struct format_buffer target = {.ptr = w->target, .size = VFS_PATH_MAX + 1};
	if (++w->links > VFS_LINKS_FOLLOWED_MAX)
		return ERR_TOO_MANY_SYMLINKS;
	enum status status = place_target(w->self, link, w->request->in->pid, &target);
	if (status != OK)
		return status;
	if (!target.len)
		return ERR_NOT_FOUND;
	status = walking_push(w, format_buffer_text(&target));
	if (status == OK)
		walking_enter(w);
	return status;
}

static enum last_kind last_kind_of(struct str name)
{
	if (name.ptr[0] != '.' || name.len > 2)
		return LAST_NORMAL;
	if (name.len == 1)
		return LAST_DOT;
	return name.ptr[1] == '.' ? LAST_DOTDOT : LAST_NORMAL;
}

/*
 * Links to descriptors jump: *place is then the file, if it has a place, even one without a name;
 * others are files that only the kernel knows.
 */
static bool place_is_link(struct walking *w, struct place *place, bool *out_jumps)
{
	struct access_subject file;
	uint32_t content;
	*out_jumps = false;
	if (walking_look(w, *place, &file, &content) != OK || !mode_is(file.mode, MODE_LINK))
		return false;
	if (content == VFS_CONTENT_DESCRIPTOR) {
		struct place target;
		*out_jumps = true;
		if (made_descriptor_place(w->self, place->made, &target) == OK) {
			*place = target;
			return false;
		}
	}
	return true;
}

/* The file that a name means, "." and ".." included. */
static enum status walking_step(struct walking *w, struct str name, struct place *out_place)
{
	switch (last_kind_of(name)) {
	case LAST_DOT:
		*out_place = w->here;
		return OK;
	case LAST_DOTDOT:
		return place_parent(w->self, w->here, w->root, out_place);
	default:
		if (name.len > VFS_NAME_MAX)
			return ERR_NAME_TOO_LONG;
		enum status status = place_child(w->self, w->here, name, out_place);
		if (status == OK)
			*out_place = place_uncover(w->self, *out_place);
		return status;
	}
}

/* The last name; *out_again: it was a link, and the walk goes on with its target. */
static enum status walking_last(struct walking *w, struct str name, bool slash, struct walked *out,
                                bool *out_again)
{
	enum walk_kind kind = w->request->kind;
	bool jumps;
	*out_again = false;
	*out = (struct walked){
	        .directory = w->here, .last = name, .kind = last_kind_of(name), .slash = slash};
	enum status status = walking_step(w, name, &out->place);
	out->found = status == OK;
	out->missing = status;
	if ((status == ERR_NOT_FOUND || status == ERR_NAME_TOO_LONG) &&
	    (kind == WALK_NAME || kind == WALK_CREATE))
		return OK;
	if (status != OK || kind == WALK_NAME || (kind == WALK_CREATE && slash))
		return status;
	bool follow = kind != WALK_NO_FOLLOW || slash;
	if (follow && place_is_link(w, &out->place, &jumps) && !jumps) {
		*out_again = true;
		return walking_follow(w, out->place);
	}
	if (out->place.inode && !slash)
		return OK;
	struct access_subject file;
	uint32_t content;
	status = walking_look(w, out->place, &file, &content);
	if (status == OK && slash && kind != WALK_CREATE && !mode_is(file.mode, MODE_DIRECTORY))
		return ERR_NOT_DIRECTORY;
	return status;
}

/* One name of the tree that others follow, if it is plain: neither link nor mount nor "..". */
static bool walking_skip(struct walking *w, struct str name)
{
	const struct store *s = &w->self->tree.store;
	const struct store_inode *directory = &s->inodes[w->here.inode];
	const struct access_subject file = {directory->mode, directory->uid, directory->gid};
	uint32_t entry = 0;
	if (name.ptr[0] != '.' && mode_is(file.mode, MODE_DIRECTORY) && !directory->below_volume &&
	    access_may_search(&file, &w->who))
		entry = directory_find(s, w->here.inode, name);
	const struct store_inode *next = &s->inodes[s->entries[entry].inode];
	if (!entry || next->covers || mode_is(next->mode, MODE_LINK))
		return false;
	w->here.inode = s->entries[entry].inode;
	return true;
}

static enum status walking_middle(struct walking *w, struct str name)
{
	struct place next;
	bool jumps;
	enum status status = walking_step(w, name, &next);
	if (status != OK)
		return status;
	if (!place_is_link(w, &next, &jumps)) {
		w->here = next;
		return OK;
	}
	if (jumps)
		return ERR_NOT_DIRECTORY;
	return walking_follow(w, next);
}

static enum status walking_run(struct walking *w, struct walked *out)
{
	struct str name;
	while (walking_take(w, &name)) {
		bool slash, again = false;
		bool goes_on = walking_goes_on(w, &slash);
		if (goes_on && w->here.inode && walking_skip(w, name))
			continue;
		enum status status = walking_search(w);
		if (status != OK)
			return status;
		if (goes_on) {
			status = walking_middle(w, name);
		} else {
			status = walking_last(w, name, slash, out, &again);
			if (status == OK && !again && !waits_must_end(w->self)) {
				/* the name may lie under what a later walk writes */
				size_t len = name.len <= VFS_NAME_MAX ? name.len : 0;
				memcpy(w->target, name.ptr, len);
				out->last = (struct str){w->target, len};
				return OK;
			}
		}
		if (waits_must_end(w->self))
			return ERR_INTERRUPTED;
		if (status != OK)
			return status;
	}
	*out = (struct walked){
	        .directory = w->here, .kind = LAST_ROOT, .found = true, .place = w->here};
	return OK;
}

enum status walk(struct vfs_service *self, const struct walk_request *request,
                 struct walked *out_walked)
{
	struct walking w = {.self = self,
	                    .request = request,
	                    .who = request_identity(self, request->in),
	                    .buffer = request_memory(self)->walks[request->memory].rest,
	                    .target = request_memory(self)->walks[request->memory].target,
	                    .rest = WALK_REST_BYTES};
	enum status status =
	        place_of_node(self, &request->in->root, request->in->root_mount, &w.root);
	bool absolute = request->path.len && request->path.ptr[0] == '/';
	if (!request->path.len)
		return ERR_NOT_FOUND;
	if (status == OK)
		status = absolute ? OK
		                  : place_of_node(self, request->start, request->mount, &w.here);
	/* A start of zeros is the root of the caller. */
	if (absolute || !request->start->inode)
		w.here = w.root;
	if (status == OK)
		status = walking_push(&w, request->path);
	return status == OK ? walking_run(&w, out_walked) : status;
}
