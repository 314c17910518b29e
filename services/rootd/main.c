#include "rootd.h"

/* What main was given by the kernel, in the auxiliary vector. */
static bool rootd_take_boot_facts(struct rootd *self, char *const *envp)
{
	uint64_t path, heap, heap_len, archive, archive_len;
	if (!auxv_find(envp, AUXV_PATH, &path) ||
	    !auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_BASE, &heap) ||
	    !auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_LEN, &heap_len) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &archive) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_LEN, &archive_len))
		return false;
	self->own_path = str_from_c((const char *)path);
	self->archive = (struct boot_archive){{(const char *)archive, archive_len}};
	self->programs = (struct program *)heap;
	self->program_capacity = heap_len / sizeof(struct program);
	return true;
}

void rootd_note_status(struct rootd *self, int status)
{
	if (self->status == 0)
		self->status = status;
}

/* What the boot asked for: fw_cfg's opt/rustos/init, which the kernel hands over. */
static void rootd_take_words(struct rootd *self, char *const *words)
{
	for (; *words; words++) {
		struct str_split split = str_cut(str_from_c(*words), '=');
		if (str_equal(str_from_c(*words), STR("session=none")))
			self->has_session = false;
		else if (str_equal(split.head, STR("start")))
			rootd_add_package(self, split.rest);
		else
			print("rootd: unknown argument '%s', ignoring it\n", *words);
	}
}

int main(int, char **argv, char **envp)
{
	struct rootd self = {.has_session = true};
	print("rootd: bootstrap enter\n");
	if (!rootd_take_boot_facts(&self, envp)) {
		print("rootd: the kernel gave no boot archive or heap, giving up\n");
		return 1;
	}
	rootd_take_words(&self, argv + 1);
	if (!rootd_read_programs(&self))
		return 1;
	rootd_start_programs(&self);
	if (!rootd_wait_for_programs(&self))
		return 1;
	rootd_report_audit(&self);
	print("rootd: all programs have exited status=%d\n", self.status);
	return self.status;
}
