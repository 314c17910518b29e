#include "watch/tree.h"
#include "os/files.h"
#include "watch/watch.h"
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR,
};

static bool is_watched_folder(struct str folder, struct str name)
{
	return name.ptr[0] != '.' && (folder.len || !str_equal(name, STR("build")));
}

static int add_folder(struct watched_tree *tree, struct str folder)
{
	int watch = inotify_add_watch(tree->fd, folder.len ? folder.ptr : ".", EVENTS);
	if (watch < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : errno; /* gone again */
	if ((size_t)watch >= tree->capacity) {
		size_t capacity = (size_t)watch * 2 + 64;
		struct str *folders = ARENA_ARRAY(tree->arena, struct str, capacity);
		if (tree->capacity)
			memcpy(folders, tree->folders, tree->capacity * sizeof *folders);
		tree->folders = folders;
		tree->capacity = capacity;
	}
	tree->folders[watch] = folder;
	struct folder content;
	int error = folder_read(tree->arena, folder.len ? folder.ptr : ".", &content);
	if (error)
		return error == ENOENT ? 0 : error;
	for (size_t i = 0; !error && i < content.count; i++)
		if (content.entries[i].is_folder &&
		    is_watched_folder(folder, content.entries[i].name))
			error = add_folder(tree,
			                   path_join(tree->arena, folder, content.entries[i].name));
	return error;
}

int watched_tree_open(struct arena *a, struct watched_tree *tree)
{
	*tree = (struct watched_tree){.arena = a, .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
	if (tree->fd < 0)
		return errno;
	int error = add_folder(tree, STR(""));
	if (error)
		watched_tree_close(tree);
	return error;
}

static void take_event(struct watched_tree *tree, const struct inotify_event *event,
                       struct str *out_path)
{
	if (event->wd < 0 || (size_t)event->wd >= tree->capacity || !event->len)
		return;
	struct str folder = tree->folders[event->wd], name = str_from_c(event->name);
	struct str path = path_join(tree->arena, folder, name);
	if (event->mask & IN_ISDIR) {
		if (!is_watched_folder(folder, name))
			return;
		if (event->mask & (IN_CREATE | IN_MOVED_TO))
			(void)!add_folder(tree, path); /* what is not watched is only not noticed */
	} else if ((event->mask & IN_CREATE) || !watch_is_source(name)) {
		return; /* its writer has not closed it yet */
	}
	if (!out_path->len)
		*out_path = path;
}

void watched_tree_read(struct watched_tree *tree, struct str *out_path)
{
	_Alignas(struct inotify_event) char bytes[16384];
	ssize_t got;
	*out_path = (struct str){};
	while ((got = read(tree->fd, bytes, sizeof bytes)) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const void *)(bytes + at);
			take_event(tree, event, out_path);
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
}

void watched_tree_close(struct watched_tree *tree)
{
	if (tree->fd >= 0)
		close(tree->fd);
	tree->fd = -1;
}
