/* What an exception in user mode does to its process: one report line, and the end. */
#include "core/api.h"
#include "ps/process.h"

/* Numbers as Linux has them (signal(7)). */
static const struct {
	uint64_t vector;
	int32_t signal;
	const char *name;
} exception_signals[] = {
        {TRAP_DIVIDE, 8, "SIGFPE"},       {TRAP_DEBUG, 5, "SIGTRAP"},
        {TRAP_BREAKPOINT, 5, "SIGTRAP"},  {TRAP_OVERFLOW, 11, "SIGSEGV"},
        {TRAP_BOUND, 11, "SIGSEGV"},      {TRAP_INVALID_OPCODE, 4, "SIGILL"},
        {TRAP_NO_FPU, 8, "SIGFPE"},       {TRAP_SEGMENT, 7, "SIGBUS"},
        {TRAP_STACK, 7, "SIGBUS"},        {TRAP_PROTECTION, 11, "SIGSEGV"},
        {TRAP_PAGE_FAULT, 11, "SIGSEGV"}, {TRAP_X87, 8, "SIGFPE"},
        {TRAP_ALIGNMENT, 7, "SIGBUS"},    {TRAP_SIMD, 8, "SIGFPE"},
};

enum { EXCEPTION_STATUS_BASE = 128, EXCEPTION_SIGNAL_OTHER = 11, EXCEPTION_SIGNAL_BUS = 7 };

void process_exit_by_exception(const struct trap_frame *frame, uintptr_t fault_address,
                               enum status status)
{
	int32_t signal = EXCEPTION_SIGNAL_OTHER;
	const char *name = "SIGSEGV";
	for (size_t i = 0; i < COUNT(exception_signals); i++) {
		if (exception_signals[i].vector != frame->vector)
			continue;
		signal = exception_signals[i].signal;
		name = exception_signals[i].name;
	}
	/* the address is good, but there is no memory for it or its contents can't be read */
	if (status == ERR_NO_MEMORY || status == ERR_IO) {
		signal = EXCEPTION_SIGNAL_BUS;
		name = "SIGBUS";
	}
	const struct process *self = process_current();
	LOG_ERROR(LOG_PROCESS,
	          "process killed pid=%lu name=%s signal=%s exception=%s address=0x%lx rip=0x%lx "
	          "rsp=0x%lx error=0x%lx status=%s",
	          self->pid, self->name, name, trap_name(frame->vector), fault_address, frame->rip,
	          frame->rsp, frame->error_code, status_name(status));
	process_exit(EXCEPTION_STATUS_BASE + signal);
}
