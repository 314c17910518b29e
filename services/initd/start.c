/* Starting a program: rootd says what it may do, loaderd builds it. */
#include "initd.h"
#include <abi/loader.h>
#include <abi/services.h>
#include <string.h>

/* Where the boot volume's files are; those of the package volume are in the tree itself. */
#define START_VOLUME "/boot/"

struct loader_question {
	struct ipc_message_header header;
	struct loader_request request;
	char bytes[sizeof START_VOLUME + SPAWN_EXEC_PATH_MAX + SPAWN_EXEC_ARGS_BYTES_MAX +
	           SPAWN_EXEC_ENVS_BYTES_MAX];
};

/* What is asked of rootd either way. */
static void start_begin(const struct initd *self, const struct program *program,
                        enum root_operation op, struct root_question *question)
{
	question_begin(question, op);
	struct root_request *in = &question->request;
	in->weight_micros = programs_weight(&self->table, program);
	if (program->awaited.len)
		in->waited_ns = program->started_ns - program->awaits_since_ns;
	in->restarts = program->restarts;
	in->package_len = question_add(question, program->entry.package_id);
	in->awaited_len = question_add(question, program->awaited);
}

/* From the boot archive, by rootd. */
static enum status start_by_root(const struct initd *self, const struct program *program,
                                 const struct program_arguments *all, uint64_t *out_pid)
{
	static struct root_question question;
	struct root_answer answer;
	start_begin(self, program, ROOT_START, &question);
	question.request.arguments_len =
	        question_add(&question, (struct str){all->arguments.bytes, all->arguments.len});
	question.request.environment_len =
	        question_add(&question, (struct str){all->environment.bytes, all->environment.len});
	TRY(question_ask(self, &question, &answer));
	*out_pid = answer.reply.value;
	return OK;
}

/* Leave to have it started, once; ERR_BUSY: it was, and its pid is the answer. */
static enum status start_authorize(const struct initd *self, const struct program *program,
                                   uint64_t *out_value)
{
	static struct root_question question;
	struct root_answer answer = {};
	start_begin(self, program, ROOT_AUTHORIZE, &question);
	enum status status = question_ask(self, &question, &answer);
	*out_value = answer.reply.value;
	return status;
}

static void loader_add(struct loader_question *question, struct str bytes)
{
	size_t used = question->header.payload_len - sizeof question->request;
	/* there is room for all that a program can be given */
	memcpy(question->bytes + used, bytes.ptr, bytes.len);
	question->header.payload_len += (uint32_t)bytes.len;
}

static enum status start_by_loader(struct initd *self, struct str folder,
                                   const struct program_arguments *all, uint64_t ticket,
                                   uint64_t *out_pid)
{
	static struct loader_question question;
	struct loader_reply reply = {};
	struct str path = str_cut((struct str){all->arguments.bytes, all->arguments.len}, 0).head;
	question.header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION,
	        .op = LOADER_SPAWN_EXEC,
	        .payload_len = sizeof question.request,
	};
	question.request = (struct loader_request){
	        .exec_ticket = ticket,
	        .path_len = (uint32_t)(folder.len + path.len),
	        .argv_bytes_len = (uint32_t)all->arguments.len,
	        .env_bytes_len = (uint32_t)all->environment.len,
	        .argv_count = (uint16_t)all->arguments.count,
	        .env_count = (uint16_t)all->environment.count,
	};
	loader_add(&question, folder);
	loader_add(&question, path);
	loader_add(&question, (struct str){all->arguments.bytes, all->arguments.len});
	loader_add(&question, (struct str){all->environment.bytes, all->environment.len});
	const struct service_question asked = {&question.header, &reply, sizeof reply};
	enum status status = service_ask(&self->loader, &asked, NULL);
	/* it is away, and no file is missing */
	if (!self->loader.endpoint)
		return ERR_IO;
	TRY(status);
	*out_pid = reply.pid;
	return OK;
}

/* Whatever the volume is, its files are behind a folder of the tree or in the tree. */
static enum status start_by_ticket(struct initd *self, const struct program *program,
                                   const struct program_arguments *all, uint64_t ticket,
                                   uint64_t *out_pid)
{
	enum status status = start_by_loader(self, STR("/"), all, ticket, out_pid);
	if (status == ERR_NOT_FOUND && program->is_outside)
		status = start_by_loader(self, STR(START_VOLUME), all, ticket, out_pid);
	if (status == OK)
		return OK;
	/* loaderd may have died when all was done: then the ticket was used */
	return start_authorize(self, program, out_pid) == ERR_BUSY ? OK : status;
}

enum status initd_start(void *context, const struct program *program, uint64_t *out_pid)
{
	static struct program_arguments all; /* too large for the stack */
	struct initd *self = context;
	uint64_t ticket = 0;
	if (!programs_read_arguments(&self->table, program, &all) ||
	    !programs_add_environment(&self->table, STR("init"), &all.environment))
		return ERR_TOO_BIG;
	if (self->table.has_loader) {
		enum status status = start_authorize(self, program, &ticket);
		if (status == ERR_BUSY) {
			*out_pid = ticket;
			return OK;
		}
		TRY(status);
	}
	return ticket ? start_by_ticket(self, program, &all, ticket, out_pid)
	              : start_by_root(self, program, &all, out_pid);
}
