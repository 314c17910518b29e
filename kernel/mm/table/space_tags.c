#include "mm/table/space_tags.h"

static struct space_tag *space_tags_find(struct space_tags *tags, uint64_t space)
{
	for (uint32_t i = 0; i < SPACE_TAGS; i++)
		if (tags->tags[i].space == space)
			return &tags->tags[i];
	return 0;
}

uint32_t space_tags_load(struct space_tags *tags, uint64_t space, uint64_t version,
                         bool *out_forget)
{
	struct space_tag *tag = space_tags_find(tags, space);
	*out_forget = !tag || tag->version != version;
	if (!tag)
		tag = &tags->tags[tags->next++ % SPACE_TAGS];
	*tag = (struct space_tag){space, version};
	return (uint32_t)(tag - tags->tags) + 1;
}

void space_tags_told(struct space_tags *tags, uint64_t space, uint64_t version)
{
	struct space_tag *tag = space_tags_find(tags, space);
	/* out of order: the one before has not been told yet, so the next load forgets all */
	if (tag && tag->version + 1 == version)
		tag->version = version;
}
