/* The loop over the kernel's calls. */
#include "crew.h"
#include <format/api.h>
#include <rt/api.h>
#include <service/strands.h>

enum { RUN_SIGTERM = 1 << (15 - 1), PAGE_BYTES = 4096 };

/* ERR_CANCELLED: it is to end. */
static enum status kernel_receive(void *context, void *buffer, uint64_t capacity,
                                  uint64_t deadline_ns, struct service_received *received)
{
	struct crew_member *member = context;
	uint64_t signals = 0;
	crew_rest(member);
	enum status status = rustos_ipc_receive(
	        member->crew->endpoint, buffer, capacity, &received->info,
	        IPC_RECEIVE_CANCELS | IPC_RECEIVE_REFUSES_HANDLES, deadline_ns, &received->len);
	if (status == OK)
		crew_work(member);
	if (status == ERR_INTERRUPTED && rustos_signal_heard(&signals) == OK &&
	    signals & RUN_SIGTERM)
		return ERR_CANCELLED;
	return status;
}

static enum status kernel_listen(void *context, struct service_received *received)
{
	const struct crew_member *member = context;
	return rustos_ipc_receive(member->crew->endpoint, NULL, 0, &received->info,
	                          IPC_RECEIVE_NO_REQUESTS, 0, &received->len);
}

static enum status kernel_reply_receive(void *context, uint64_t reply_cap, uint64_t len,
                                        void *buffer, struct service_received *received)
{
	struct crew_member *member = context;
	crew_rest(member);
	enum status status =
	        rustos_ipc_reply_receive(member->crew->endpoint, reply_cap, len, buffer,
	                                 IPC_MAX_INLINE_BYTES, &received->info, &received->len);
	if (status == OK)
		crew_work(member);
	return status;
}

static enum status kernel_reply(void *context, uint64_t reply_cap, const void *reply, uint64_t len)
{
	(void)context; /* a reply capability names its call by itself */
	return rustos_ipc_reply(reply_cap, reply, len);
}

void *service_make_memory(size_t bytes, bool is_wired)
{
	size_t whole = (bytes + 2 * PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	uint64_t start = 0;
	if (rustos_memory_map(0, whole, MEMORY_READ | MEMORY_WRITE, is_wired ? MEMORY_WIRED : 0,
	                      &start) != OK ||
	    rustos_memory_protect(start, PAGE_BYTES, 0) != OK)
		return NULL;
	return (uint8_t *)(uintptr_t)start + PAGE_BYTES;
}

static enum status run_member(struct crew_member *member)
{
	const struct service_transport transport = {member, kernel_receive, kernel_reply,
	                                            kernel_reply_receive, kernel_listen};
	const struct service_interface *interface = member->definition.interface;
	enum status status = service_serve(&member->definition, &transport, member->memory);
	if (status != ERR_CANCELLED)
		return status;
	if (!crew_leave(member))
		rustos_thread_exit(0);
	/* with what threads it has made for itself */
	service_log(interface->name, LOG_LEVEL_INFO, "ends, as it was asked to");
	rustos_process_exit(0);
}

static enum status run_register(const struct service_definition *definition,
                                struct service_crew *crew)
{
	TRY(rustos_ipc_endpoint_create(&crew->endpoint));
	TRY(rustos_ipc_register_service_endpoint(definition->interface->service, crew->endpoint));
	return rustos_signal_listen(RUN_SIGTERM);
}

enum status service_run(const struct service_definition *definition)
{
	struct service_crew crew = {.run = run_member, .living = 1};
	struct crew_member first = {.crew = &crew, .definition = *definition};
	uint64_t memory = 0;
	if (!definition->strands)
		TRY(rustos_memory_map(0, SERVICE_MEMORY_BYTES, MEMORY_READ | MEMORY_WRITE,
		                      MEMORY_WIRED, &memory));
	TRY(run_register(definition, &crew));
	if (definition->events.registered)
		definition->events.registered(definition->self, crew.endpoint);
	first.memory = (uint8_t *)(uintptr_t)memory;
	return run_member(&first);
}

void service_log(const char *name, enum log_level level, const char *format, ...)
{
	char bytes[LOG_TEXT_MAX];
	struct format_buffer text = {.ptr = bytes, .size = sizeof bytes};
	va_list arguments;
	va_start(arguments, format);
	format_append(&text, "%s: ", name);
	format_append_list(&text, format, arguments);
	va_end(arguments);
	(void)!rustos_log_text(level, LOG_SERVICE, text.ptr, text.len); /* nobody could be told */
}
