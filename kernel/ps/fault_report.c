/*
 * What is said about a program that a fault ends: registers, and the frames that led there, by the
 * names that its file in the boot archive has for them.
 */
#include "core/api.h"
#include "ps/process.h"
#include <elf/api.h>

enum { REPORT_FRAMES_MAX = 16 };

struct report_symbols {
	bool known;
	struct elf_image image;
	struct elf_section table;
	uint64_t bias;
};

static void report_open_symbols(const struct process *process, struct report_symbols *out)
{
	struct boot_archive_entry file;
	out->bias = process->image_bias;
	out->known = boot_archive_find(process_setup()->archive, str_from_c(process->path),
	                               &file) == OK &&
	             elf_open(file.data, &out->image) == OK &&
	             elf_section_of_type(&out->image, ELF_SYMTAB, &out->table) == OK;
}

/* The function that holds address, with its start; empty: none. */
static struct str report_find_symbol(const struct report_symbols *symbols, uint64_t address,
                                     uint64_t *out_start)
{
	struct elf_symbol symbol, best = {};
	if (!symbols->known)
		return best.name;
	address -= symbols->bias;
	for (uint64_t i = 0; elf_symbol(&symbols->image, &symbols->table, i, &symbol) == OK; i++) {
		bool holds = symbol.section && address >= symbol.address &&
		             address - symbol.address < (symbol.size ? symbol.size : 1);
		if (holds && symbol.name.len)
			best = symbol;
	}
	*out_start = best.address + symbols->bias;
	return best.name;
}

static void report_frame(const struct report_symbols *symbols, unsigned number, uint64_t rip)
{
	uint64_t start = rip;
	/* a return address may lie behind the last instruction of its function */
	struct str name = report_find_symbol(symbols, number ? rip - 1 : rip, &start);
	if (name.len)
		LOG_ERROR(LOG_PROCESS, "  %02u: rip=0x%lx %.*s+0x%lx", number, rip, STR_ARG(name),
		          rip - start);
	else
		LOG_ERROR(LOG_PROCESS, "  %02u: rip=0x%lx", number, rip);
}

void process_report_frames(const struct process *process, const struct trap_frame *frame)
{
	struct report_symbols symbols;
	uint64_t rbp = frame->rbp, link[2];
	report_open_symbols(process, &symbols);
	report_frame(&symbols, 0, frame->rip);
	for (unsigned i = 1; i < REPORT_FRAMES_MAX; i++) {
		if (rbp % sizeof rbp != 0 ||
		    user_copy_in(link, (struct user_in){rbp, sizeof link}) != OK || !link[1])
			break;
		report_frame(&symbols, i, link[1]);
		/* the stack grows down: callers lie above */
		if (link[0] <= rbp)
			break;
		rbp = link[0];
	}
}
