/* Calls that the kernel makes to a service, for a program's system call or by itself. */
#include "core/api.h"
#include "ipc/call.h"

enum { SERVICE_CALL_REPLAYS = 2 };

static void service_call_prepare(const struct ipc_process *self,
                                 const struct ipc_service_request *request, struct call *call)
{
	size_t len = 0;
	for (size_t i = 0; i < IPC_SERVICE_PIECES; i++)
		len += request->pieces[i].len;
	call->is_plain = false;
	call->kernel = request;
	call->patience = request->patience;
	call->space = self->space;
	call->info.sender_pid = self->pid;
	call->info.sender_tid = thread_current()->id;
	call->request = (struct user_in){0, len};
	call->reply = (struct user_out){0, request->reply_capacity};
	call->deadline_ns = request->deadline_ns;
	call->bytes_only = true;
	call->handle_capacity = 0;
	call->transfer_count = 0;
}

/* Takes the endpoint. */
static enum status service_call_once(struct ipc_process *self,
                                     const struct ipc_service_request *request,
                                     struct endpoint *endpoint, uint64_t *out_len)
{
	struct call *call = call_begin();
	if (!call) {
		object_unref(&endpoint->object);
		return ERR_NO_MEMORY;
	}
	service_call_prepare(self, request, call);
	/* from kernel memory: cannot fail */
	(void)call_keep_small(call);
	bool plain = call->request.len <= IPC_SMALL_BYTES;
	enum status status = OK;
	if (!plain || !call_send_fast(call, endpoint))
		status = call_send(call, endpoint);
	if (status == OK)
		status = call->status;
	if (status == OK) {
		status = call_take_small(call);
		*out_len = call->reply_len;
	}
	call_end(call);
	return status;
}

/* Until the service answers, has died too often, or is not there. */
static enum status service_call_repeat(struct ipc_process *self,
                                       const struct ipc_service_request *request, uint64_t *out_len)
{
	unsigned replays = 0;
	for (;;) {
		struct endpoint *endpoint = service_endpoint(request->service_id);
		if (!endpoint)
			return ERR_NOT_CONNECTED;
		const struct endpoint *tried = endpoint;
		enum status status = service_call_once(self, request, endpoint, out_len);
		if (status == ERR_NOT_CONNECTED) {
			/* another one may have taken over between the look and the call */
			endpoint = service_endpoint(request->service_id);
			if (!endpoint || endpoint == tried)
				replays = SERVICE_CALL_REPLAYS;
			if (endpoint)
				object_unref(&endpoint->object);
		} else if (status != ERR_IO || !request->is_idempotent) {
			return status;
		}
		if (replays++ == SERVICE_CALL_REPLAYS)
			return status;
	}
}

enum status ipc_service_call(struct ipc_process *self, const struct ipc_service_request *request,
                             uint64_t *out_len)
{
	struct thread *thread = thread_current();
	/* a page fault within a call: that one's object is in use */
	struct call *outer =
	        thread->call && thread->call->use != CALL_FREE ? TAKE(thread->call) : NULL;
	enum status status = service_call_repeat(self, request, out_len);
	if (outer) {
		if (thread->call)
			call_unref(thread->call);
		thread->call = outer;
	}
	return status;
}
