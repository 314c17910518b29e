/* Questions to rootd, one at a time. */
#include "initd.h"
#include <string.h>

uint16_t question_add(struct root_question *question, struct str bytes)
{
	size_t used = question->header.payload_len - sizeof question->request;
	if (!bytes.len || bytes.len > sizeof question->bytes - used)
		return 0;
	memcpy(question->bytes + used, bytes.ptr, bytes.len);
	question->header.payload_len += (uint32_t)bytes.len;
	return (uint16_t)bytes.len;
}

void question_begin(struct root_question *question, enum root_operation op)
{
	question->header = (struct ipc_message_header){
	        .version = IPC_ABI_VERSION,
	        .op = (uint16_t)op,
	        .payload_len = sizeof question->request,
	};
	question->request = (struct root_request){};
}

enum status question_ask(const struct initd *self, const struct root_question *question,
                         struct root_answer *out)
{
	uint64_t len = 0;
	out->reply = (struct root_reply){};
	TRY(rustos_ipc_call(self->root, question,
	                    sizeof question->header + question->header.payload_len, out,
	                    sizeof *out, &len));
	return (enum status)out->reply.status;
}

static uint64_t initd_now_ns(void *)
{
	uint64_t ns;
	return rustos_clock_now(&ns) == OK ? ns : 0;
}

/* What rootd cannot see: why one does not run. */
static void initd_changed(void *context, const struct program *program)
{
	static const int32_t states[] = {
	        [PROGRAM_WAITING] = ROOT_LEASE_WAITING,
	        [PROGRAM_DELAYED] = ROOT_LEASE_RESTART_PENDING,
	        [PROGRAM_EXITED] = ROOT_LEASE_EXITED,
	        [PROGRAM_FAILED] = ROOT_LEASE_FAILED,
	        [PROGRAM_SKIPPED] = ROOT_LEASE_SKIPPED,
	};
	static struct root_question question;
	struct root_answer answer;
	const struct initd *self = context;
	if (program->state == PROGRAM_RUNNING)
		return;
	question_begin(&question, ROOT_NOTE);
	question.request.state = states[program->state];
	question.request.restarts = program->restarts;
	question.request.package_len = question_add(&question, program->entry.package_id);
	question.request.awaited_len = question_add(&question, program->awaited);
	enum status status = question_ask(self, &question, &answer);
	if (status != OK)
		print("initd: cannot note the state of package=%.*s: %s, going on\n",
		      STR_ARG(program->entry.package_id), status_name(status));
}

const struct program_ops initd_ops = {initd_now_ns, initd_start, initd_changed};

enum status initd_next(struct initd *self, uint32_t flags, uint64_t timeout_ns,
                       struct lease_news *out)
{
	static struct root_question question;
	static struct root_answer answer;
	question_begin(&question, ROOT_NEXT);
	question.request.flags = flags;
	question.request.timeout_ns = timeout_ns;
	TRY(question_ask(self, &question, &answer));
	const struct root_lease *lease = &answer.lease;
	size_t names_len = (size_t)lease->package_len + lease->awaited_len;
	if (answer.reply.len != sizeof *lease + names_len || names_len > sizeof answer.names)
		return ERR_IO;
	*out = (struct lease_news){
	        .lease = lease,
	        .package = {answer.names, lease->package_len},
	        .awaited = {answer.names + lease->package_len, lease->awaited_len},
	};
	return OK;
}

enum status initd_finish(struct initd *self, int status)
{
	static struct root_question question;
	struct root_answer answer;
	question_begin(&question, ROOT_FINISH);
	question.request.state = status;
	return question_ask(self, &question, &answer);
}
