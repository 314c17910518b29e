/* Packs as xtask-unpack writes them, made of a table. */
#pragma once

#include "../image_fixture.h"
#include "image/packages/erofs_writer.h"

struct packed {
	const char *path;
	uint32_t mode;
	uint32_t uid, gid;
	const char *content; /* NULL: none */
	uint32_t number; /* of the inode; 0: by its place in the table */
	uint32_t links; /* 0: 1 */
};

static inline void pack_header(struct text *t, const struct packed *p, uint32_t number, size_t size)
{
	text_addf(t, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", number, p->mode,
	          p->uid, p->gid, p->links ? p->links : 1, 1600000000u, (uint32_t)size, 0u, 0u, 0u,
	          0u, (uint32_t)strlen(p->path) + 1, 0u);
	text_addf(t, "%s", p->path);
	do
		text_add_byte(t, '\0');
	while (t->len & 3);
}

static inline struct str pack_of(struct arena *a, const struct packed *entries, size_t count)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < count; i++) {
		struct str content = entries[i].content ? str_from_c(entries[i].content) : STR("");
		uint32_t number = entries[i].number ? entries[i].number : (uint32_t)i + 1;
		pack_header(&t, &entries[i], number, content.len);
		text_add(&t, content);
		while (t.len & 3)
			text_add_byte(&t, '\0');
	}
	pack_header(&t, &(struct packed){.path = "TRAILER!!!"}, 0, 0);
	return text_str(&t);
}

static inline struct erofs_request volume_request(const struct tree *tree)
{
	return (struct erofs_request){
	        .tree = tree,
	        .slack_percent = 25,
	        .epoch = 1700000000,
	        .id = {1, 2, 3, 4},
	        .label = STR("packages"),
	};
}
