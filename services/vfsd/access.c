/* Who may do what: owner, group and others by the mode; user 0 passes. */
#include "vfsd.h"

#include <registry/api.h>

enum { ANY_EXECUTE = 0111 };

enum status access_credentials(const struct figures *figures, uint64_t pid,
                               struct credentials_slot *out)
{
	const struct figures_answer answer = {.bytes = out, .capacity = sizeof *out};
	enum status status = figures_ask_whole(figures, SYSTEM_QUERY_CREDENTIALS, pid, answer);
	return status == OK && out->group_count > CREDENTIALS_GROUPS_MAX ? ERR_IO : status;
}

/* The kernel is asked only here: most questions do not come so far. */
bool access_in_group(const struct identity *who, uint32_t gid)
{
	struct credentials_slot credentials;
	if (who->gid == gid)
		return true;
	if (access_credentials(who->figures, who->pid, &credentials) != OK)
		return false;
	for (size_t i = 0; i < credentials.group_count; i++)
		if (credentials.groups[i] == gid)
			return true;
	return false;
}

static uint32_t access_rights(const struct access_subject *file, const struct identity *who)
{
	uint32_t group = (file->mode >> 3) & 7, others = file->mode & 7;
	if (who->uid == file->uid)
		return (file->mode >> 6) & 7;
	return group != others && access_in_group(who, file->gid) ? group : others;
}

bool access_may_search(const struct access_subject *directory, const struct identity *who)
{
	return who->uid == 0 || (access_rights(directory, who) & VFS_MAY_EXECUTE);
}

enum status access_check(const struct vfs_facts *facts, struct identity who, uint32_t mask)
{
	bool special = facts->content == VFS_CONTENT_DEVICE || facts->content == VFS_CONTENT_NONE;
	bool named = mode_is(facts->mode, MODE_DIRECTORY) || mode_is(facts->mode, MODE_LINK);
	if ((mask & VFS_MAY_WRITE) && (facts->flags & VFS_VOLUME_READ_ONLY) && (!special || named))
		return ERR_READ_ONLY;
	if (who.uid == 0) {
		bool runs = named || (facts->mode & ANY_EXECUTE);
		return (mask & VFS_MAY_EXECUTE) && !runs ? ERR_ACCESS_DENIED : OK;
	}
	const struct access_subject file = {facts->mode, facts->uid, facts->gid};
	return mask & ~access_rights(&file, &who) ? ERR_ACCESS_DENIED : OK;
}

enum status access_remove(const struct vfs_facts *directory, const struct vfs_facts *facts,
                          struct identity who)
{
	enum status status = access_check(directory, who, VFS_MAY_WRITE | VFS_MAY_EXECUTE);
	if (status != OK)
		return status;
	bool kept = (directory->mode & MODE_STICKY) && who.uid != 0 && who.uid != facts->uid &&
	            who.uid != directory->uid;
	return kept ? ERR_NOT_PERMITTED : OK;
}

bool access_listed(struct vfs_service *self, struct place place)
{
	char buffer[VFS_PATH_MAX + 1];
	struct str path;
	struct place root = {.inode = self->tree.store.header->volumes[1].root};
	if (place_path(self, place, root, (struct str){buffer, sizeof buffer}, &path) != OK)
		return false;
	for (size_t i = 0; i < self->rule_count; i++) {
		const struct access_rule *rule = &self->rules[i];
		if (str_equal(path, rule->path))
			return true;
		if (rule->folder && path.len > rule->path.len && path.ptr[rule->path.len] == '/' &&
		    str_starts_with(path, rule->path))
			return true;
	}
	return false;
}

size_t access_read_rules(struct vfs_service *self, struct str text)
{
	struct registry_reader reader = registry_begin(text);
	struct registry_record record;
	size_t malformed = 0;
	enum status status;
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		struct str kind, path;
		bool sound = status == OK && registry_value(&record, STR("kind"), &kind) &&
		             registry_value(&record, STR("path"), &path) && path.len &&
		             self->rule_count < VFS_ACCESS_RULES_MAX;
		if (!sound) {
			malformed++;
			continue;
		}
		self->rules[self->rule_count++] =
		        (struct access_rule){path, str_equal(kind, STR("dir"))};
	}
	return malformed;
}
