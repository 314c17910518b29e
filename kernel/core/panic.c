#include "core/panic.h"
#include "core/ops.h"
#include "core/symbols.h"
#include <format/api.h>

enum {
	PANIC_LINE_BYTES = 320,
	PANIC_FRAMES_MAX = 16,
	PANIC_REGISTERS_A_LINE = 4,
};

/* Each piece goes out at once: what stops the report halfway must not lose its beginning. */
[[gnu::format(printf, 1, 0)]] static void panic_print_list(const char *format, va_list arguments)
{
	char bytes[PANIC_LINE_BYTES];
	struct format_buffer line = {.ptr = bytes, .size = sizeof bytes};
	format_append_list(&line, format, arguments);
	core_operations()->write_emergency(format_buffer_text(&line));
}

[[gnu::format(printf, 1, 2)]] static void panic_print(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	panic_print_list(format, arguments);
	va_end(arguments);
}

static void panic_print_registers(const struct panic_source *source)
{
	if (!source->register_count)
		return;
	panic_print("registers:\n");
	for (size_t i = 0; i < source->register_count; i++) {
		const struct panic_register *cell = &source->registers[i];
		bool ends = i % PANIC_REGISTERS_A_LINE == PANIC_REGISTERS_A_LINE - 1 ||
		            i + 1 == source->register_count;
		panic_print("  %s=0x%016lx%s", cell->name, cell->value, ends ? "\n" : "");
	}
}

static void panic_print_frame(size_t index, uint64_t rip, uint64_t rbp, bool is_return)
{
	struct symbol_hit hit;
	/* a return address lies behind its call, perhaps already in the next function */
	if (symbols_find(is_return ? rip - 1 : rip, &hit))
		panic_print("  %02zu: rip=0x%016lx rbp=0x%016lx %.*s+0x%lx\n", index, rip, rbp,
		            STR_ARG(hit.name), is_return ? hit.offset + 1 : hit.offset);
	else
		panic_print("  %02zu: rip=0x%016lx rbp=0x%016lx\n", index, rip, rbp);
}

static void panic_print_backtrace(const struct panic_source *source)
{
	struct core_frame frames[PANIC_FRAMES_MAX - 1];
	size_t count = core_operations()->backtrace(source->rbp, frames, PANIC_FRAMES_MAX - 1);
	panic_print("backtrace:\n");
	panic_print_frame(0, source->rip, source->rbp, source->rip_is_return);
	for (size_t i = 0; i < count; i++)
		panic_print_frame(i + 1, frames[i].instruction, frames[i].frame_pointer, true);
}

[[gnu::noreturn, gnu::format(printf, 2, 0)]] static void
panic_report(const struct panic_source *source, const char *format, va_list arguments)
{
	static bool panicking;
	core_operations()->interrupts_save();
	core_operations()->stop_others();
	/* a second panic inside the report must not start all over */
	if (__atomic_test_and_set(&panicking, __ATOMIC_ACQ_REL)) {
		panic_print("\n[PANIC] inside a panic\n");
		core_operations()->stop_after_panic();
	}

	panic_print("\n[PANIC]\nmessage: ");
	panic_print_list(format, arguments);
	panic_print("\n");
	if (source->file)
		panic_print("location: %s:%u\n", source->file, source->line);
	panic_print_registers(source);
	panic_print_backtrace(source);
	core_operations()->stop_after_panic();
}

void panic_at(const struct panic_source *source, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	panic_report(source, format, arguments);
}

void panic_here(const char *file, unsigned line, const char *format, ...)
{
	struct panic_source source = {
	        .file = file[0] == '.' && file[1] == '/' ? file + 2 : file,
	        .line = line,
	        .rip = (uintptr_t)__builtin_return_address(0),
	        .rip_is_return = true,
	        .rbp = (uintptr_t)__builtin_frame_address(0),
	};
	/* the caller's frame: rip is inside it, so the walk starts there */
	source.rbp = *(const uint64_t *)(uintptr_t)source.rbp;

	va_list arguments;
	va_start(arguments, format);
	panic_report(&source, format, arguments);
}
