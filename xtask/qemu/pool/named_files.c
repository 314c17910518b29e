#include "qemu/pool/named_files.h"
#include "engine/engine.h"
#include <string.h>
#include <sys/stat.h>

/* What QEMU is handed as a descriptor is not ours by that number. */
static bool is_file(const char *path)
{
	static const char descriptors[] = "/dev/fd/";
	struct stat st;
	return strncmp(path, descriptors, sizeof descriptors - 1) != 0 && stat(path, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

bool named_file_add(struct text *t, const char *path)
{
	struct digest digest;
	if (digest_file(path, &digest) != 0)
		return false;
	text_addf(t, "%s %.*s\n", path, STR_ARG(digest_hex(t->arena, &digest)));
	return true;
}

bool named_files_add(struct text *t, struct str command)
{
	while (command.len) {
		size_t len = 0;
		while (len < command.len && !str_contains(STR("' ,=\n"), command.ptr[len]))
			len++;
		const char *word = arena_c_str(t->arena, str_slice(command, 0, len));
		if (len && is_file(word) && !named_file_add(t, word))
			return false;
		command = str_slice(command, len + 1, command.len);
	}
	return true;
}
