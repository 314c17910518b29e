/* Replacing a program by one that was just built: only where a developer's host asks. */
#include "rootd.h"
#include <rt/root_service.h>
#include <string.h>

enum { RELOAD_IMAGE_ENDS_MAX = 3 };
enum { RELOAD_SIGKILL = 9, RELOAD_NS_PER_MS = 1000000, RELOAD_NS_PER_US = 1000 };

/* The program that the boot was told to start, `start=PACKAGE`, by who gave the machine its disk.
 */
static bool reload_may_ask(const struct root_service *self, uint64_t pid)
{
	const struct program *asker = programs_find_pid(&self->table, pid);
	if (!asker || asker->state != PROGRAM_RUNNING)
		return false;
	for (size_t i = 0; i < self->word_count; i++) {
		struct str_split word = str_cut(str_from_c(self->words[i]), '=');
		if (str_equal(word.head, STR("start")) &&
		    str_equal(word.rest, asker->entry.package_id))
			return true;
	}
	return false;
}

static uint64_t reload_mapped(uint64_t size)
{
	enum { RELOAD_PAGE_BYTES = 4096 };
	return (size + RELOAD_PAGE_BYTES - 1) & ~(uint64_t)(RELOAD_PAGE_BYTES - 1);
}

/* Memory that cannot be given back stays: nothing else can be done about it. */
static void reload_unmap(const void *bytes, size_t size)
{
	if (size && rustos_memory_unmap((uintptr_t)bytes, reload_mapped(size)) != OK)
		print("rootd: cannot give back the memory of an image, going on\n");
}

static void push_drop(struct root_service *self)
{
	reload_unmap(self->push.bytes, self->push.size);
	self->push = (struct push){};
}

static void image_drop(struct root_service *self, const struct program *program)
{
	struct lease *lease = rootd_lease(self, program);
	reload_unmap(lease->image.ptr, lease->image.len);
	lease->image = (struct str){};
}

/* What can be replaced: every program that was started with the machine, whether it runs, has ended
 * or was given up; but not who asks, nor rootd. */
static enum status reload_find(const struct root_service *self, struct str package, uint64_t asker,
                               struct program **out_program)
{
	struct program *program = programs_find(&self->table, package);
	if (!program || program->pid == asker)
		return ERR_NOT_FOUND;
	*out_program = program;
	return OK;
}

static enum status push_begin(struct root_service *self, struct program *program, uint64_t size)
{
	uint64_t start;
	if (!size || size > SPAWN_IMAGE_BYTES_MAX)
		return ERR_TOO_BIG;
	push_drop(self);
	TRY(rustos_memory_map(0, reload_mapped(size), MEMORY_READ | MEMORY_WRITE, 0, &start));
	self->push = (struct push){program, (uint8_t *)(uintptr_t)start, size, 0};
	return OK;
}

enum status root_op_image(struct root_service *self, const struct root_request *in,
                          struct root_reply *, struct service_call *call)
{
	struct program *program;
	if (!reload_may_ask(self, call->info->sender_pid))
		return ERR_ACCESS_DENIED;
	if (in->package_len > call->len)
		return ERR_INVALID_ARGS;
	TRY(reload_find(self, (struct str){(const char *)call->bytes, in->package_len},
	                call->info->sender_pid, &program));
	if (in->image_offset == 0)
		TRY(push_begin(self, program, in->image_size));
	struct push *push = &self->push;
	size_t len = call->len - in->package_len;
	if (push->program != program || in->image_size != push->size ||
	    in->image_offset != push->have || len > push->size - push->have)
		return ERR_INVALID_ARGS;
	memcpy(push->bytes + push->have, call->bytes + in->package_len, len);
	push->have += len;
	return OK;
}

/* Would the kernel start it at all? */
static enum status reload_check(const struct push *push)
{
	const struct spawn_image_args args = {
	        .flags = SPAWN_EXEC_CHECK,
	        .image_ptr = (uintptr_t)push->bytes,
	        .image_len = push->size,
	};
	uint64_t pid;
	return rustos_spawn_image(&args, &pid);
}

/* It does not run, and perhaps never would again: what happened before does not count any more. */
static void reload_begin_anew(struct root_service *self, struct program *program)
{
	if (program->is_elsewhere) {
		rootd_mark(self, program);
		return;
	}
	program->at_once = false;
	program->restarts = 0;
	program->state = PROGRAM_WAITING;
}

enum status root_op_reload(struct root_service *self, const struct root_request *in,
                           struct root_reply *, struct service_call *call)
{
	struct program *program;
	if (!reload_may_ask(self, call->info->sender_pid))
		return ERR_ACCESS_DENIED;
	if (in->package_len != call->len)
		return ERR_INVALID_ARGS;
	TRY(reload_find(self, (struct str){(const char *)call->bytes, call->len},
	                call->info->sender_pid, &program));
	struct push *push = &self->push;
	if (push->program != program || push->have != push->size)
		return ERR_INVALID_ARGS;
	if (self->reload.program)
		return ERR_BUSY;
	TRY(reload_check(push));
	uint64_t now_ns = rootd_now_ns();
	print("rootd: reload package=%.*s pid=%lu\n", STR_ARG(program->entry.package_id),
	      program->pid);
	program->at_once = true;
	if (program->state == PROGRAM_RUNNING)
		TRY(rustos_process_signal(program->pid, RELOAD_SIGKILL));
	else
		reload_begin_anew(self, program);
	image_drop(self, program);
	struct lease *lease = rootd_lease(self, program);
	lease->image = (struct str){(const char *)push->bytes, push->size};
	lease->image_ends = 0;
	*push = (struct push){};
	self->reload = (struct reload){
	        .program = program,
	        .reply_cap = call->info->reply_cap,
	        .old_pid = program->pid,
	        .begun_ns = now_ns,
	        .due_ns = now_ns + (uint64_t)ROOT_RELOAD_MS * RELOAD_NS_PER_MS,
	};
	call->later = true;
	return OK;
}

static void reload_answer(struct root_service *self, enum status status, int32_t last_status)
{
	const struct reload reload = self->reload;
	const struct program *program = reload.program;
	const struct root_reply reply = {
	        .status = (int32_t)status,
	        .value = program->pid,
	        .last_status = last_status,
	        .old_pid = reload.old_pid,
	        .took_ns = rootd_now_ns() - reload.begun_ns,
	};
	self->reload = (struct reload){};
	print("rootd: reloaded package=%.*s pid=%lu took_us=%lu status=%s\n",
	      STR_ARG(program->entry.package_id), program->pid, reply.took_ns / RELOAD_NS_PER_US,
	      status_name(status));
	/* who asked may be gone; the service is not */
	(void)!rustos_ipc_reply(reload.reply_cap, &reply, sizeof reply);
}

void rootd_reload_done(struct root_service *self, const struct program *program)
{
	if (self->reload.program == program && program->pid != self->reload.old_pid)
		reload_answer(self, OK, 0);
}

void rootd_reload_ended(struct root_service *self, const struct program *program, int32_t status)
{
	struct lease *lease = rootd_lease(self, program);
	bool is_awaited = self->reload.program == program;
	bool is_old = is_awaited && program->pid == self->reload.old_pid;
	bool was_there = !is_awaited && (program->registered || !program->service);
	if (is_old || !lease->image.len)
		return;
	if (was_there && ++lease->image_ends < RELOAD_IMAGE_ENDS_MAX)
		return;
	print("rootd: package=%.*s goes back to the boot archive\n",
	      STR_ARG(program->entry.package_id));
	image_drop(self, program);
	if (self->reload.program == program)
		reload_answer(self, ERR_IO, status);
}

void rootd_reload_expire(struct root_service *self)
{
	const struct reload *reload = &self->reload;
	struct program *program = reload->program;
	if (!program || rootd_now_ns() < reload->due_ns)
		return;
	if (program->state == PROGRAM_RUNNING && program->pid != reload->old_pid)
		(void)!rustos_process_signal(program->pid, RELOAD_SIGKILL); /* dead is as good */
	reload_answer(self, ERR_TIMED_OUT, 0);
}

enum status rootd_spawn_pushed(struct root_service *self, struct program *program,
                               const struct spawn_image_args *args, uint64_t *out_pid)
{
	struct spawn_image_args with_image = *args;
	struct str image = rootd_lease(self, program)->image;
	if (!image.len)
		return ERR_NOT_FOUND;
	with_image.image_ptr = (uintptr_t)image.ptr;
	with_image.image_len = image.len;
	enum status status = rustos_spawn_image(&with_image, out_pid);
	if (status == OK)
		return OK;
	image_drop(self, program);
	if (self->reload.program == program)
		reload_answer(self, status, 0);
	return ERR_NOT_FOUND;
}
