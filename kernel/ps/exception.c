/* What an exception in user mode does to its process: its handler, or one report line and the end.
 */
#include "core/api.h"
#include "ps/process.h"

static const struct {
	uint64_t vector;
	uint32_t signal;
} exception_signals[] = {
        {TRAP_DIVIDE, SIGNAL_FPE},      {TRAP_DEBUG, SIGNAL_TRAP},
        {TRAP_BREAKPOINT, SIGNAL_TRAP}, {TRAP_INVALID_OPCODE, SIGNAL_ILL},
        {TRAP_NO_FPU, SIGNAL_FPE},      {TRAP_SEGMENT, SIGNAL_BUS},
        {TRAP_STACK, SIGNAL_BUS},       {TRAP_X87, SIGNAL_FPE},
        {TRAP_ALIGNMENT, SIGNAL_BUS},   {TRAP_SIMD, SIGNAL_FPE},
};

static uint32_t exception_signal(const struct trap_frame *frame, enum status status)
{
	/* the address is good, but there is no memory for it or its contents can't be read */
	if (status == ERR_NO_MEMORY || status == ERR_IO)
		return SIGNAL_BUS;
	if (frame->vector == TRAP_PAGE_FAULT)
		return SIGNAL_SEGV;
	for (size_t i = 0; i < COUNT(exception_signals); i++)
		if (exception_signals[i].vector == frame->vector)
			return exception_signals[i].signal;
	return SIGNAL_SEGV;
}

void process_exception(const struct trap_frame *frame, uintptr_t fault_address, enum status status)
{
	uint32_t signal = exception_signal(frame, status);
	/* it was ended meanwhile, as who holds most when memory is out */
	if (__atomic_load_n(&process_current()->exiting, __ATOMIC_ACQUIRE))
		return;
	if (signal_is_handled(signal)) {
		bool is_hole = status == ERR_BAD_ADDRESS;
		const struct signal_info info = {
		        .signal = signal,
		        .code = frame->vector != TRAP_PAGE_FAULT ? SIGNAL_FROM_KERNEL
		                : is_hole                        ? SIGNAL_NOT_MAPPED
		                                                 : SIGNAL_NOT_ALLOWED,
		        .value = frame->vector == TRAP_PAGE_FAULT ? fault_address : frame->rip,
		};
		signal_force(&info);
		return;
	}
	const struct process *self = process_current();
	LOG_ERROR(LOG_PROCESS,
	          "process killed pid=%lu name=%s signal=%s exception=%s address=0x%lx rip=0x%lx "
	          "rsp=0x%lx error=0x%lx status=%s",
	          self->pid, self->name, signal_name(signal), trap_name(frame->vector),
	          fault_address, frame->rip, frame->rsp, frame->error_code, status_name(status));
	process_report_frames(self, frame);
	process_exit_by_signal(signal);
}
