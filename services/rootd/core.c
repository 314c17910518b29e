/* The programs that rootd itself starts: those of core-programs.tsv. */
#include "rootd.h"

static uint64_t core_now_ns(void *)
{
	return rootd_now_ns();
}

/* argv of who orders programs goes on with what the boot asked for. */
static bool core_add_words(const struct root_service *self, struct program_strings *arguments)
{
	for (size_t i = 0; i < self->word_count; i++)
		if (!program_strings_add(arguments, str_from_c(self->words[i])))
			return false;
	return true;
}

static enum status core_start(void *context, const struct program *program, uint64_t *out_pid)
{
	struct root_service *self = context;
	struct program *own = &self->table.list[program - self->table.list];
	struct program_arguments all;
	if (!programs_read_arguments(&self->table, program, &all) ||
	    (!program->service && !core_add_words(self, &all.arguments)))
		return ERR_TOO_BIG;
	const struct spawn_order order = {
	        .arguments = {all.arguments.bytes, all.arguments.len},
	        .environment = {all.environment.bytes, all.environment.len},
	        .weight_micros = programs_weight(&self->table, program),
	};
	return rootd_spawn(self, own, &order, out_pid);
}

static void core_changed(void *context, const struct program *program)
{
	rootd_mark(context, program);
}

static const struct program_ops core_ops = {core_now_ns, core_start, core_changed};

static bool core_is_wanted(void *context, const struct startup_program *entry)
{
	const struct root_service *self = context;
	return entry->mode == STARTUP_INIT && programs_is_core(&self->table, entry->package_id);
}

bool rootd_read_core(struct root_service *self)
{
	struct program_table *table = &self->table;
	table->name = "rootd";
	table->ops = &core_ops;
	table->context = self;
	programs_find_loader(table);
	if (!programs_read(table, core_is_wanted))
		return false;
	for (size_t i = 0; i < table->count; i++) {
		struct program *program = &table->list[i];
		self->leases[i] = (struct lease){.is_core = true, .changed = true};
		/* who orders the others needs what they all need */
		program->is_last = !program->service;
		program->is_vital = program->service;
		program->restart = IPC_RESTART_SERVICE;
	}
	return true;
}
