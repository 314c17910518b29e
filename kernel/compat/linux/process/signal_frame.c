/*
 * The stack of a signal handler, and the way back.
 *
 * Linux arch/x86/include/uapi/asm/{sigcontext,ucontext}.h, asm/sigframe.h; the FPU image is as
 * XSAVE writes it, with Linux's marks.
 */
#include "compat/api.h"
#include "compat/linux/process/signal.h"
#include "core/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>
#include <string.h>

enum {
	SIGNAL_RED_ZONE = 128,
	SIGNAL_FPU_MAGIC1 = 0x46505853,
	SIGNAL_FPU_MAGIC2 = 0x46505845,
	SIGNAL_FPU_MARK_OFFSET = 464, /* bytes of the FXSAVE image that are left to software */
	SIGNAL_FPU_LEGACY_BYTES = 512,
	UCONTEXT_FP_XSTATE = 1,
	UCONTEXT_SIGCONTEXT_SS = 2,
	UCONTEXT_STRICT_RESTORE_SS = 4,
	SELECTOR_OF_USER_CODE = 0x33, /* as Linux programs know it */
	SELECTOR_OF_USER_STACK = 0x2b,
	SYSCALL_INSTRUCTION_BYTES = 2,
};

struct linux_fpu_mark {
	uint32_t magic1;
	uint32_t extended_bytes;
	uint64_t features;
	uint32_t image_bytes;
	uint32_t reserved[7];
};

struct linux_sigcontext {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t error_code, vector, old_mask, fault_address;
	uint64_t fpu_image;
	uint64_t reserved[8];
};

struct linux_ucontext {
	uint64_t flags;
	uint64_t link;
	struct linux_signal_stack stack;
	struct linux_sigcontext registers;
	uint64_t mask;
};

struct linux_signal_frame {
	uint64_t return_address;
	struct linux_ucontext context;
	struct linux_siginfo info;
};

_Static_assert(sizeof(struct linux_sigcontext) == 256);
_Static_assert(sizeof(struct linux_ucontext) == 304);
_Static_assert(offsetof(struct linux_signal_frame, info) == 312);

void linux_siginfo_fill(struct linux_siginfo *out, const struct signal_info *info)
{
	memset(out, 0, sizeof *out);
	out->signal = (int32_t)info->signal;
	out->code = info->code;
	bool is_fault = info->signal == SIGNAL_SEGV || info->signal == SIGNAL_BUS ||
	                info->signal == SIGNAL_ILL || info->signal == SIGNAL_FPE ||
	                info->signal == SIGNAL_TRAP;
	if (is_fault && info->code > 0) {
		out->fault.address = info->value;
		return;
	}
	out->sender.pid = (int32_t)info->pid;
	out->sender.uid = info->uid;
	if (info->signal == SIGNAL_CHLD && info->code > 0)
		out->sender.status = info->status;
	else
		out->sender.value = info->value;
}

static void signal_registers_fill(struct linux_sigcontext *restrict out,
                                  const struct trap_frame *restrict frame)
{
	*out = (struct linux_sigcontext){
	        .r8 = frame->r8,
	        .r9 = frame->r9,
	        .r10 = frame->r10,
	        .r11 = frame->r11,
	        .r12 = frame->r12,
	        .r13 = frame->r13,
	        .r14 = frame->r14,
	        .r15 = frame->r15,
	        .rdi = frame->rdi,
	        .rsi = frame->rsi,
	        .rbp = frame->rbp,
	        .rbx = frame->rbx,
	        .rdx = frame->rdx,
	        .rax = frame->rax,
	        .rcx = frame->rcx,
	        .rsp = frame->rsp,
	        .rip = frame->rip,
	        .flags = frame->rflags,
	        .cs = SELECTOR_OF_USER_CODE,
	        .ss = SELECTOR_OF_USER_STACK,
	        .error_code = frame->error_code,
	        .vector = frame->vector,
	};
}

static void signal_registers_take(const struct linux_sigcontext *restrict in,
                                  struct trap_frame *restrict frame)
{
	trap_frame_go(frame, in->rip, in->rsp);
	frame->r8 = in->r8;
	frame->r9 = in->r9;
	frame->r10 = in->r10;
	frame->r11 = in->r11;
	frame->r12 = in->r12;
	frame->r13 = in->r13;
	frame->r14 = in->r14;
	frame->r15 = in->r15;
	frame->rdi = in->rdi;
	frame->rsi = in->rsi;
	frame->rbp = in->rbp;
	frame->rbx = in->rbx;
	frame->rdx = in->rdx;
	frame->rax = in->rax;
	frame->rcx = in->rcx;
	frame->rflags = trap_flags_for_user(in->flags);
}

static bool signal_stack_holds(const struct task *task, uintptr_t stack_pointer)
{
	return task->signal_stack_bytes && stack_pointer > task->signal_stack &&
	       stack_pointer - task->signal_stack <= task->signal_stack_bytes;
}

void linux_signal_stack_fill(struct linux_signal_stack *out, uintptr_t stack_pointer)
{
	const struct task *self = task_current();
	*out = (struct linux_signal_stack){
	        .base = self->signal_stack,
	        .bytes = self->signal_stack_bytes,
	        .flags = !self->signal_stack_bytes                 ? LINUX_STACK_DISABLED
	                 : signal_stack_holds(self, stack_pointer) ? LINUX_STACK_IN_USE
	                                                           : 0,
	};
}

/* Where the frame's end goes. */
static uintptr_t signal_stack_top(const struct trap_frame *frame,
                                  const struct signal_action *action)
{
	const struct task *self = task_current();
	bool use_own = (action->flags & SIGNAL_ON_STACK) && self->signal_stack_bytes &&
	               !signal_stack_holds(self, frame->rsp);
	return use_own ? self->signal_stack + self->signal_stack_bytes
	               : frame->rsp - SIGNAL_RED_ZONE;
}

/* The registers of the FPU are still the program's. */
static enum status signal_write_fpu(uintptr_t address)
{
	struct fpu_state *state = thread_current()->fpu;
	size_t bytes = fpu_image_bytes();
	const uint32_t magic2 = SIGNAL_FPU_MAGIC2;
	if (!fpu_put_user(address)) {
		fpu_state_save(state);
		TRY(user_copy_out((struct user_out){address, bytes}, fpu_state_image(state)));
	}
	bool extended = bytes > SIGNAL_FPU_LEGACY_BYTES;
	struct linux_fpu_mark mark = {
	        .magic1 = extended ? SIGNAL_FPU_MAGIC1 : 0,
	        .extended_bytes = (uint32_t)(bytes + sizeof magic2),
	        .features = FPU_FEATURES_MAX,
	        .image_bytes = (uint32_t)bytes,
	};
	_Static_assert(SIGNAL_FPU_MARK_OFFSET + sizeof mark == SIGNAL_FPU_LEGACY_BYTES);
	TRY(user_copy_out((struct user_out){address + SIGNAL_FPU_MARK_OFFSET, sizeof mark}, &mark));
	return extended ? user_copy_out((struct user_out){address + bytes, sizeof magic2}, &magic2)
	                : OK;
}

static enum status signal_read_fpu(uintptr_t address)
{
	struct fpu_state *state = thread_current()->fpu;
	if (address && fpu_take_user(address))
		return OK;
	if (!address) {
		uint64_t fs_base = state->fs_base, gs_base = state->gs_base;
		fpu_state_init(state);
		state->fs_base = fs_base;
		state->gs_base = gs_base;
	} else {
		TRY(user_copy_in(fpu_state_image(state),
		                 (struct user_in){address, fpu_image_bytes()}));
		fpu_state_sanitize(state);
	}
	fpu_state_load(state);
	return OK;
}

enum status linux_signal_enter(struct trap_frame *frame, const struct signal_delivery *delivery,
                               uint64_t old_mask)
{
	uintptr_t top = signal_stack_top(frame, &delivery->action);
	uintptr_t image =
	        (top - fpu_image_bytes() - sizeof(uint32_t)) & ~(uintptr_t)(FPU_IMAGE_ALIGN - 1);
	/* as after a call: the return address lies 8 below a multiple of 16 */
	uintptr_t at = ((image - sizeof(struct linux_signal_frame)) & ~(uintptr_t)15) - 8;
	/* the compiler would fill it first; every byte is written below */
	__attribute__((uninitialized)) struct linux_signal_frame content;
	content.return_address = delivery->action.restorer;
	content.context.flags =
	        UCONTEXT_FP_XSTATE | UCONTEXT_SIGCONTEXT_SS | UCONTEXT_STRICT_RESTORE_SS;
	content.context.link = 0;
	content.context.mask = old_mask;
	signal_registers_fill(&content.context.registers, frame);
	content.context.registers.fpu_image = image;
	content.context.registers.fault_address = delivery->info.value;
	linux_signal_stack_fill(&content.context.stack, frame->rsp);
	linux_siginfo_fill(&content.info, &delivery->info);
	TRY(signal_write_fpu(image));
	TRY(user_copy_out((struct user_out){at, sizeof content}, &content));

	/* the rest stays as Linux leaves it */
	trap_frame_go(frame, delivery->action.handler, at);
	frame->rax = 0;
	frame->rdi = delivery->info.signal;
	frame->rsi = at + offsetof(struct linux_signal_frame, info);
	frame->rdx = at + offsetof(struct linux_signal_frame, context);
	return OK;
}

/* The handler's return took the return address off. */
int64_t linux_rt_sigreturn(void)
{
	struct trap_frame *frame = linux_frame();
	__attribute__((uninitialized)) struct linux_ucontext context; /* read whole */
	uintptr_t at = frame->rsp;
	if (user_copy_in(&context, (struct user_in){at, sizeof context}) != OK ||
	    signal_read_fpu(context.registers.fpu_image) != OK)
		process_exit_by_signal(SIGNAL_SEGV);
	signal_registers_take(&context.registers, frame);
	(void)signal_set_mask(context.mask);
	return (int64_t)frame->rax;
}

static void signal_restart_call(struct trap_frame *frame)
{
	frame->rax = frame->error_code; /* the number, kept there at the entry */
	frame->rip -= SYSCALL_INSTRUCTION_BYTES;
}

void compat_do_work(struct trap_frame *frame)
{
	struct signal_delivery delivery;
	uint64_t mask;
	bool interrupted = frame->vector == TRAP_SYSCALL && (int64_t)frame->rax == ERR_INTERRUPTED;
	thread_settle();
	while (task_next_signal(&delivery, &mask)) {
		if (interrupted && (delivery.action.flags & SIGNAL_RESTART) &&
		    task_current()->call_restarts)
			signal_restart_call(frame);
		interrupted = false;
		if (linux_signal_enter(frame, &delivery, mask) != OK)
			process_exit_by_signal(SIGNAL_SEGV);
		if (!task_has_work(task_current()))
			break;
	}
	/* nobody heard of it: the call goes on */
	if (interrupted)
		signal_restart_call(frame);
	task_end_work();
}
