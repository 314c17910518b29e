#include "crew.h"
#include <base/cleanup.h>
#include <rt/api.h>

enum {
	CREW_PAGE = 4096, /* nobody may use the first one: below it is another's memory */
	CREW_STACK_BYTES = 8 * CREW_PAGE,
	CREW_ALIGN = 16,
};

/* From the bottom: the page that stops a stack, the stack, itself, its loop's memory, its state. */
static size_t crew_member_bytes(const struct service_definition *definition)
{
	return CREW_PAGE + CREW_STACK_BYTES + sizeof(struct crew_member) + CREW_ALIGN +
	       SERVICE_MEMORY_BYTES + definition->self_size;
}

static struct crew_member *crew_member_place(uint8_t *memory, const struct crew_member *maker)
{
	uint8_t *end_of_stack = memory + CREW_PAGE + CREW_STACK_BYTES;
	struct crew_member *member = (struct crew_member *)(void *)end_of_stack;
	uint8_t *rest = end_of_stack + sizeof *member;
	rest += -(uintptr_t)rest % CREW_ALIGN;
	*member = (struct crew_member){
	        .crew = maker->crew, .definition = maker->definition, .memory = rest};
	member->definition.self = rest + SERVICE_MEMORY_BYTES;
	return member;
}

[[gnu::noreturn]] static void crew_main(struct crew_member *member)
{
	enum status status = member->crew->run(member);
	service_log(member->definition.interface->name, LOG_LEVEL_ERROR, "%s, giving up",
	            status_name(status));
	rustos_process_exit(1);
}

static enum status crew_start(const struct crew_member *maker)
{
	size_t size = crew_member_bytes(&maker->definition);
	uint64_t start, tid;
	size += -size % CREW_PAGE;
	TRY(rustos_memory_map(0, size, MEMORY_READ | MEMORY_WRITE, MEMORY_WIRED, &start));
	struct crew_member *member = crew_member_place((uint8_t *)(uintptr_t)start, maker);
	enum status status = rustos_memory_protect(start, CREW_PAGE, 0);
	if (status == OK)
		status = rustos_thread_create((uintptr_t)crew_main, (uintptr_t)member,
		                              (uintptr_t)member, &tid);
	if (status != OK)
		(void)!rustos_memory_unmap(start, size); /* it was just mapped */
	return status;
}

/* Without memory those that are there go on; who comes next tries again. */
static void crew_grow(struct crew_member *member)
{
	struct service_crew *crew = member->crew;
	unsigned living = __atomic_add_fetch(&crew->living, 1, __ATOMIC_SEQ_CST);
	if (living > member->definition.threads || crew_start(member) != OK)
		__atomic_sub_fetch(&crew->living, 1, __ATOMIC_SEQ_CST);
}

void crew_rest(struct crew_member *member)
{
	if (member->works)
		__atomic_sub_fetch(&member->crew->working, 1, __ATOMIC_SEQ_CST);
	member->works = false;
}

void crew_work(struct crew_member *member)
{
	struct service_crew *crew = member->crew;
	if (member->definition.threads < 2)
		return;
	member->works = true;
	unsigned working = __atomic_add_fetch(&crew->working, 1, __ATOMIC_SEQ_CST);
	if (working == __atomic_load_n(&crew->living, __ATOMIC_SEQ_CST) &&
	    working < member->definition.threads)
		crew_grow(member);
}

bool crew_leave(struct crew_member *member)
{
	return __atomic_sub_fetch(&member->crew->living, 1, __ATOMIC_SEQ_CST) == 0;
}
