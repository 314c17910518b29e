/* inotify over a tree of folders; new folders are watched as they come. */
#pragma once

#include "os/text.h"

struct watched_tree {
	struct arena *arena;
	int fd;
	struct str *folders; /* by watch descriptor */
	size_t capacity;
};

/* 0 or an errno value. */
[[nodiscard]] int watched_tree_open(struct arena *a, struct watched_tree *tree);
/* Takes what happened: the first source that changed goes to out_path, empty when none did. */
void watched_tree_read(struct watched_tree *tree, struct str *out_path);
void watched_tree_close(struct watched_tree *tree);
