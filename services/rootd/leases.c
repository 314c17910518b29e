/* What is known of each program, and telling it. */
#include "rootd.h"
#include <string.h>

struct lease *rootd_lease(const struct root_service *self, const struct program *program)
{
	return &self->leases[program - self->table.list];
}

void rootd_mark(struct root_service *self, const struct program *program)
{
	rootd_lease(self, program)->changed = true;
}

struct program *rootd_find_or_add(struct root_service *self, struct str package_id)
{
	struct program *program = programs_find(&self->table, package_id);
	if (program)
		return program;
	program = programs_add_package(&self->table, package_id);
	if (!program)
		return NULL;
	program->is_elsewhere = true;
	*rootd_lease(self, program) = (struct lease){};
	return program;
}

struct program *rootd_orderer(const struct root_service *self)
{
	for (size_t i = 0; i < self->table.count; i++)
		if (self->leases[i].is_core && !self->table.list[i].service)
			return &self->table.list[i];
	return NULL;
}

bool rootd_is_orderer(const struct root_service *self, uint64_t pid)
{
	const struct program *program = rootd_orderer(self);
	return program && program->state == PROGRAM_RUNNING && program->pid == pid;
}

static uint32_t lease_state(const struct program *program)
{
	static const uint32_t states[] = {
	        [PROGRAM_WAITING] = ROOT_LEASE_WAITING,
	        [PROGRAM_RUNNING] = ROOT_LEASE_RUNNING,
	        [PROGRAM_DELAYED] = ROOT_LEASE_RESTART_PENDING,
	        [PROGRAM_EXITED] = ROOT_LEASE_EXITED,
	        [PROGRAM_FAILED] = ROOT_LEASE_FAILED,
	        [PROGRAM_SKIPPED] = ROOT_LEASE_SKIPPED,
	};
	return states[program->state];
}

static uint32_t lease_flags(const struct lease *lease, const struct program *program)
{
	return (program->registered ? ROOT_LEASE_REGISTERED : 0) |
	       (lease->is_core ? ROOT_LEASE_CORE : 0) | (program->at_once ? ROOT_LEASE_AT_ONCE : 0);
}

static void lease_fill(const struct lease *lease, const struct program *program,
                       struct root_lease *out)
{
	struct str path = program->entry.exec;
	*out = (struct root_lease){
	        .pid = program->pid,
	        .started_ns = program->started_ns,
	        .service = (uint32_t)program->service,
	        .state = lease_state(program),
	        .restarts = lease->starts ? lease->starts - 1 : 0,
	        .last_status = lease->last_status,
	        .flags = lease_flags(lease, program),
	        .package_len = (uint16_t)program->entry.package_id.len,
	        .awaited_len = (uint16_t)program->awaited.len,
	};
	if (path.len < sizeof out->path)
		memcpy(out->path, path.ptr, path.len);
}

enum status rootd_reply_lease(const struct root_service *self, const struct program *program,
                              struct service_call *call)
{
	struct str package = program->entry.package_id, awaited = program->awaited;
	struct root_lease lease;
	uint8_t *room = service_reply_room(call, sizeof lease + package.len + awaited.len);
	if (!room)
		return ERR_MESSAGE_TOO_BIG;
	lease_fill(rootd_lease(self, program), program, &lease);
	memcpy(room, &lease, sizeof lease);
	memcpy(room + sizeof lease, package.ptr, package.len);
	if (awaited.len)
		memcpy(room + sizeof lease + package.len, awaited.ptr, awaited.len);
	return OK;
}
