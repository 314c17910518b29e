/* The loop over the kernel's calls. */
#include <format/api.h>
#include <rt/api.h>
#include <service/api.h>

struct kernel_transport {
	uint64_t endpoint;
};

enum { RUN_SIGTERM = 1 << (15 - 1) };

/* ERR_CANCELLED: it is to end. */
static enum status kernel_receive(void *context, void *buffer, uint64_t capacity,
                                  uint64_t deadline_ns, struct service_received *received)
{
	const struct kernel_transport *kernel = context;
	uint64_t signals = 0;
	enum status status = rustos_ipc_receive(kernel->endpoint, buffer, capacity, &received->info,
	                                        IPC_RECEIVE_CANCELS | IPC_RECEIVE_REFUSES_HANDLES,
	                                        deadline_ns, &received->len);
	if (status == ERR_INTERRUPTED && rustos_signal_heard(&signals) == OK &&
	    signals & RUN_SIGTERM)
		return ERR_CANCELLED;
	return status;
}

static enum status kernel_reply_receive(void *context, uint64_t reply_cap, uint64_t len,
                                        void *buffer, struct service_received *received)
{
	const struct kernel_transport *kernel = context;
	return rustos_ipc_reply_receive(kernel->endpoint, reply_cap, len, buffer,
	                                IPC_MAX_INLINE_BYTES, &received->info, &received->len);
}

static enum status kernel_reply(void *context, uint64_t reply_cap, const void *reply, uint64_t len)
{
	(void)context; /* a reply capability names its call by itself */
	return rustos_ipc_reply(reply_cap, reply, len);
}

enum status service_run(const struct service_definition *definition)
{
	struct kernel_transport kernel = {};
	const struct service_transport transport = {&kernel, kernel_receive, kernel_reply,
	                                            kernel_reply_receive};
	uint64_t memory = 0;
	enum status status = rustos_memory_map(0, SERVICE_MEMORY_BYTES, MEMORY_READ | MEMORY_WRITE,
	                                       MEMORY_WIRED, &memory);
	if (status == OK)
		status = rustos_ipc_endpoint_create(&kernel.endpoint);
	if (status == OK)
		status = rustos_ipc_register_service_endpoint(definition->interface->service,
		                                              kernel.endpoint);
	if (status == OK)
		status = rustos_signal_listen(RUN_SIGTERM);
	if (status != OK)
		return status;
	if (definition->events.registered)
		definition->events.registered(definition->self, kernel.endpoint);
	status = service_serve(definition, &transport, (uint8_t *)(uintptr_t)memory);
	if (status == ERR_CANCELLED) {
		service_log(definition->interface->name, LOG_LEVEL_INFO,
		            "ends, as it was asked to");
		rustos_process_exit(0);
	}
	return status;
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
