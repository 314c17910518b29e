/* /proc/rustos/services: what rootd knows of the programs that it has started, a line each. */
#include "made/made.h"

static const char *lease_word(const struct root_lease *lease)
{
	static const char *const words[] = {
	        [ROOT_LEASE_EMPTY] = "empty",     [ROOT_LEASE_RUNNING] = "running",
	        [ROOT_LEASE_EXITED] = "ended",    [ROOT_LEASE_RESTART_PENDING] = "delayed",
	        [ROOT_LEASE_FAILED] = "failed",   [ROOT_LEASE_WAITING] = "waiting",
	        [ROOT_LEASE_SKIPPED] = "skipped",
	};
	if (lease->state == ROOT_LEASE_RUNNING && lease->service &&
	    !(lease->flags & ROOT_LEASE_REGISTERED))
		return "starting";
	return lease->state < COUNT(words) ? words[lease->state] : "unknown";
}

static void lease_line(const struct lease_figures *figures, struct format_buffer *text)
{
	const struct root_lease *lease = &figures->lease;
	struct str package = {figures->names, lease->package_len};
	struct str awaited = {figures->names + lease->package_len, lease->awaited_len};
	format_append(text, "%3u %5llu %-8s %8u %4d ", lease->service,
	              (unsigned long long)lease->pid, lease_word(lease), lease->restarts,
	              lease->last_status);
	format_append_str(text, package);
	if (awaited.len) {
		format_append(text, " after ");
		format_append_str(text, awaited);
	}
	format_append(text, "\n");
}

enum status made_write_services(struct vfs_service *self, uint64_t, struct format_buffer *text)
{
	const struct figures *figures = &self->figures;
	struct lease_figures lease;
	enum status status = figures->lease ? OK : ERR_NOT_IMPLEMENTED;
	format_append(text, " ID   PID STATE    RESTARTS LAST PACKAGE\n");
	for (uint32_t i = 0; status == OK; i++) {
		status = figures->lease(figures->context, i, &lease);
		if (status == OK)
			lease_line(&lease, text);
	}
	return status == ERR_OUT_OF_RANGE ? OK : status;
}
