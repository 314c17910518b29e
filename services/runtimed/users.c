/* Who a user is: lines of /etc/passwd and /etc/group, as passwd(5) and group(5) of Debian have
 * them. */
#include "runtimed.h"

enum { USER_NUMBER_DIGITS = 10 };

static bool user_number(struct str text, uint32_t *out)
{
	uint64_t value = 0;
	if (!text.len || text.len > USER_NUMBER_DIGITS)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	*out = (uint32_t)value;
	return value < UINT32_MAX;
}

/* The next one of these fields. */
static struct str user_field(struct str *rest)
{
	struct str_split split = str_cut(*rest, ':');
	*rest = split.rest;
	return split.head;
}

/* name:password:uid:gid:comment:home:shell */
static bool user_take(struct str line, uint32_t uid, struct runtime_user *out)
{
	uint32_t number;
	struct str name = user_field(&line);
	(void)user_field(&line);
	if (!name.len || !user_number(user_field(&line), &number) || number != uid)
		return false;
	(void)user_field(&line);
	(void)user_field(&line);
	out->name = name;
	out->home = user_field(&line);
	out->shell = user_field(&line);
	return true;
}

static bool user_is_member(struct str members, struct str name)
{
	struct str member;
	while (registry_list_next(&members, &member))
		if (str_equal(member, name))
			return true;
	return false;
}

/* name:password:gid:members */
static void user_take_group(struct str line, struct runtime_user *user)
{
	uint32_t gid;
	(void)user_field(&line);
	(void)user_field(&line);
	if (!user_number(user_field(&line), &gid) || !user_is_member(line, user->name) ||
	    user->group_count == RUNTIME_GROUPS_MAX)
		return;
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == gid)
			return;
	user->groups[user->group_count++] = gid;
}

enum status user_find(const struct user_files *files, uint32_t uid, uint32_t gid,
                      struct runtime_user *out)
{
	struct str lines = files->passwd;
	bool found = false;
	*out = (struct runtime_user){.groups = {gid}, .group_count = 1};
	while (lines.len && !found) {
		struct str_split split = str_cut(lines, '\n');
		lines = split.rest;
		found = user_take(split.head, uid, out);
	}
	for (lines = files->group; found && lines.len;) {
		struct str_split split = str_cut(lines, '\n');
		lines = split.rest;
		user_take_group(split.head, out);
	}
	return found ? OK : ERR_NOT_FOUND;
}
