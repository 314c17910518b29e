/*
 * Questions to devmgrd about devices that come and go: may this thread open one, may it ask this of
 * one. The thread carries out what it asked for; devmgrd's broker only finds the question while the
 * thread waits, and lets it.
 */
#include "io/device_policy.h"
#include "core/api.h"
#include "io/api.h"
#include <abi/device.h>
#include <abi/services.h>
#include <base/cleanup.h>

struct device_waiting {
	struct list link;
	struct device_question question;
	uint64_t thread; /* as calls name it */
	bool is_allowed;
};

struct device_waiting_list {
	struct spinlock lock;
	/* guarded by lock */
	struct list list; /* struct device_waiting, and what may change of each */
};

static struct device_waiting_list device_waiting_list = {.lock = SPINLOCK_INIT(LOCK_PROCESS)};

static bool device_question_equal(const struct device_question *a, const struct device_question *b)
{
	return a->operation == b->operation && a->request == b->request && a->device == b->device &&
	       a->argument == b->argument;
}

enum status device_question_allow(uint64_t thread, const struct device_question *question)
{
	bool found = false;
	spinlock_acquire(&device_waiting_list.lock);
	if (device_waiting_list.list.next) {
		list_for_each(link, &device_waiting_list.list) {
			struct device_waiting *each =
			        container_of(link, struct device_waiting, link);
			if (each->thread != thread ||
			    !device_question_equal(&each->question, question))
				continue;
			found = each->is_allowed = true;
		}
	}
	spinlock_release(&device_waiting_list.lock);
	return found ? OK : ERR_NO_PROCESS;
}

static void device_waiting_begin(struct device_waiting *waiting)
{
	spinlock_acquire(&device_waiting_list.lock);
	if (!device_waiting_list.list.next)
		list_init(&device_waiting_list.list);
	list_push_back(&device_waiting_list.list, &waiting->link);
	spinlock_release(&device_waiting_list.lock);
}

static void device_waiting_end(struct device_waiting *waiting)
{
	spinlock_acquire(&device_waiting_list.lock);
	list_remove(&waiting->link);
	spinlock_release(&device_waiting_list.lock);
}

/* ERR_IO: there is no devmgrd, or it says what makes no sense. */
static enum status device_call(const struct device_question *question)
{
	enum { DEVICE_STATUS_MIN = -4095 };
	const struct {
		struct ipc_message_header header;
		struct device_request request;
	} message = {
	        .header = {.version = IPC_ABI_VERSION,
	                   .op = question->operation,
	                   .payload_len = sizeof message.request},
	        .request = {.request = question->request,
	                    .pid = process_id(process_current()),
	                    .device = question->device,
	                    .argument = question->argument},
	};
	struct device_reply reply = {};
	uint64_t len = 0;
	const struct ipc_service_request request = {
	        .service_id = IPC_SERVICE_DEVMGRD,
	        .pieces = {{&message, sizeof message}},
	        .reply = &reply,
	        .reply_capacity = sizeof reply,
	        .is_idempotent = DEVICE_IDEMPOTENT >> question->operation & 1,
	};
	enum status status = ipc_service_call(process_ipc(process_current()), &request, &len);
	if (status == ERR_INTERRUPTED)
		return status;
	bool makes_sense = len >= sizeof reply.status && reply.status <= 0 &&
	                   reply.status >= DEVICE_STATUS_MIN;
	return status == OK && makes_sense ? (enum status)reply.status : ERR_IO;
}

enum status device_question_ask(const struct device_question *question)
{
	struct device_waiting waiting = {.question = *question, .thread = thread_current()->id};
	device_waiting_begin(&waiting);
	enum status status = device_call(question);
	device_waiting_end(&waiting);
	if (status == OK && !waiting.is_allowed)
		return ERR_ACCESS_DENIED;
	return status;
}
