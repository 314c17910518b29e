/*
 * The map of the bring-up: boot_steps, in order.
 *
 * hal/entry.S calls kernel_start in the higher half, on the boot stack, under
 * the boot tables. A step that fails ends the machine with its name and status.
 */
#include "executive/start.h"
#include "compat/api.h"
#include "core/api.h"
#include "device/api.h"
#include "executive/console.h"
#include "executive/first_program.h"
#include "executive/machine.h"
#include "hal/api.h"
#include "io/api.h"
#include "mm/api.h"
#include "ps/api.h"
#include "sched/api.h"
#include "vm/api.h"
#include <abi/machine.h>
#include <base/cleanup.h>

struct boot {
	uint32_t kind; /* enum boot_entry_kind, as the entry code says */
	paddr_t loader_info;
	struct boot_info info;
	struct boot_archive archive;
	struct acpi_machine machine;
};

static struct boot kernel_boot;

/* Loader structures lie below 4 GiB, which is what the boot tables show. */
static const void *boot_window_view(void *, paddr_t address, size_t len)
{
	const paddr_t window_end = 0x100000000;
	if (address >= window_end || len > window_end - address)
		return NULL;
	return direct_map(address);
}

static enum status boot_read_loader_info(struct boot *boot)
{
	const struct boot_memory memory = {.view = boot_window_view};
	if (boot->kind == BOOT_ENTRY_PVH)
		return boot_info_from_pvh(&memory, boot->loader_info, &boot->info);
	return boot_info_from_multiboot2(&memory, boot->loader_info, &boot->info);
}

static enum status boot_read_machine(struct boot *boot)
{
	const struct boot_memory memory = {.view = boot_window_view};
	acpi_read(&memory, &boot->info, &boot->machine);
	power_init(&boot->machine.power);
	return OK;
}

static enum status boot_start_clock(struct boot *boot)
{
	pic_mask_all();
	return clock_init(&boot->machine);
}

static enum status boot_start_frames(struct boot *boot)
{
	return mm_init_frames(&boot->info);
}

static enum status boot_start_tables(struct boot *boot)
{
	TRY(mm_init_kernel_tables(&boot->info));
	return mm_prepare_cpu(cpu_current());
}

static enum status boot_start_interrupts(struct boot *)
{
	void *registers = NULL;
	paddr_t address = interrupts_registers();
	if (address)
		TRY(mm_map_device(address, PAGE_SIZE, &registers));
	return interrupts_init(registers);
}

static enum status boot_say_what_is_there(struct boot *boot)
{
	const struct cpu_features *cpu = cpu_features();
	const struct boot_framebuffer *screen = &boot->info.framebuffer;
	struct frame_statistics frames = frame_statistics();

	LOG_INFO(LOG_BOOT, "entry=%s regions=%zu dropped=%zu command_line='%s'%s",
	         boot->kind == BOOT_ENTRY_PVH ? "pvh" : "multiboot2", boot->info.region_count,
	         boot->info.regions_dropped, boot->info.command_line,
	         boot->info.command_line_cut ? " (cut)" : "");
	LOG_INFO(LOG_BOOT, "cpu='%s' tsc_khz=%lu nx=%d smep=%d smap=%d umip=%d stack_guard=%s",
	         cpu->brand, clock_tsc_khz(), cpu->nx, cpu->smep, cpu->smap, cpu->umip,
	         cpu_guard_source());
	LOG_INFO(LOG_BOOT, "clock=%s timer=%s timer_khz=%lu cpus=%zu dropped=%zu",
	         clock_reference_name(), interrupts_name(), timer_khz(), boot->machine.cpu_count,
	         boot->machine.cpus_dropped);
	LOG_INFO(LOG_MEMORY, "memory usable_kib=%lu free_kib=%lu", frames.total_frames * 4,
	         frames.free_frames * 4);
	if (screen->address)
		LOG_INFO(LOG_BOOT, "framebuffer=%ux%ux%u pitch=%u address=0x%lx", screen->width,
		         screen->height, screen->bits_per_pixel, screen->pitch_bytes,
		         screen->address);
	return OK;
}

static enum status boot_lower_log_levels(struct boot *)
{
	char bytes[LOG_MESSAGE_MAX];
	size_t size;
	enum status status = fw_cfg_read(MACHINE_FW_CFG_LOG, bytes, sizeof bytes, &size);
	if (status == ERR_TOO_BIG)
		LOG_ERROR(LOG_BOOT, "log levels ignored: %zu bytes, limit %zu", size, sizeof bytes);
	if (status != OK)
		return OK;
	struct str bad;
	if (log_set_levels(kernel_log(), (struct str){bytes, size}, &bad) != OK)
		LOG_ERROR(LOG_BOOT, "log level '%.*s' ignored: not category=level", STR_ARG(bad));
	return OK;
}

static enum status boot_start_faults(struct boot *)
{
	char *bytes = heap_alloc(FAULT_SPEC_MAX);
	if (!bytes)
		return ERR_NO_MEMORY;
	struct fault_spec spec = {};
	enum status status =
	        fw_cfg_read(MACHINE_FW_CFG_FAULT_INJECTION, bytes, FAULT_SPEC_MAX, &spec.len);
	spec.present = status == OK || status == ERR_TOO_BIG;
	if (status == OK)
		spec.text = (struct str){bytes, spec.len};
	fault_runtime_load(kernel_faults(), &spec);
	heap_free(bytes, FAULT_SPEC_MAX);
	frame_statistics_mark();
	return OK;
}

/* Is all of [start, end) RAM, and so in the direct map? */
static bool boot_range_is_ram(const struct boot_info *info, paddr_t start, paddr_t end)
{
	for (size_t i = 0; i < info->region_count && start < end; i++) {
		const struct boot_region *region = &info->regions[i];
		bool is_ram =
		        region->kind != BOOT_REGION_RESERVED && region->kind != BOOT_REGION_BAD;
		if (is_ram && region->start <= start && start < region->end)
			start = region->end;
	}
	return start >= end;
}

static enum status boot_open_archive(struct boot *boot)
{
	const struct boot_info *info = &boot->info;
	paddr_t end = info->archive_start + info->archive_bytes;
	if (!info->archive_bytes) {
		LOG_ERROR(LOG_BOOT,
		          "the loader handed over no boot archive; is there enough memory "
		          "to load it?");
		return ERR_NOT_FOUND;
	}
	if (!boot_range_is_ram(info, info->archive_start, end)) {
		LOG_ERROR(LOG_BOOT, "boot archive at 0x%lx lies outside memory",
		          info->archive_start);
		return ERR_BAD_ADDRESS;
	}
	boot->archive.bytes = (struct str){direct_map(info->archive_start), info->archive_bytes};
	TRY(boot_archive_check(boot->archive));
	LOG_INFO(LOG_BOOT, "boot archive address=0x%lx bytes=%zu", info->archive_start,
	         info->archive_bytes);
	return OK;
}

static enum status boot_load_symbols(struct boot *boot)
{
	struct boot_archive_entry file;
	struct symbol_table symbols;
	if (boot_archive_find(boot->archive, STR(MACHINE_PATH_KERNEL_SYMBOLS), &file) != OK ||
	    symbol_table_open(file.data, &symbols) != OK) {
		LOG_WARN(LOG_BOOT, "no usable " MACHINE_PATH_KERNEL_SYMBOLS
		                   "; a panic will show bare addresses");
		return OK;
	}
	symbols_install(symbols);
	return OK;
}

static enum status boot_page_fault(uintptr_t address, uint64_t error_code)
{
	struct address_space *space = cpu_current()->address_space;
	if (!space || (error_code & PAGE_FAULT_RESERVED))
		return ERR_BAD_ADDRESS;
	enum page_access access = PAGE_ACCESS_READ;
	if (error_code & PAGE_FAULT_FETCH)
		access = PAGE_ACCESS_EXECUTE;
	else if (error_code & PAGE_FAULT_WRITE)
		access = PAGE_ACCESS_WRITE;
	return vm_space_fault(space->owner, address, access);
}

static void boot_user_exception(struct trap_frame *frame, uintptr_t fault_address,
                                enum status status)
{
	process_exception(frame, fault_address, status);
}

static enum status boot_start_processes(struct boot *boot)
{
	static const struct hal_ops ops = {
	        .syscall = compat_syscall,
	        .page_fault = boot_page_fault,
	        .user_exception = boot_user_exception,
	        .user_return = compat_user_return,
	        .serial_input = terminal_receive,
	        .second_serial = host_channel_interrupt,
	        .timer = sched_timer,
	        .preempt = sched_preempt,
	};
	const struct process_setup setup = {
	        .archive = boot->archive,
	        .archive_start = boot->info.archive_start,
	        .open_console = console_file_open,
	        .names = &vfs_names,
	        .session_ended = terminal_session_ended,
	        .machine_switch = machine_switch,
	        .machine_switch_after = machine_switch_after,
	        .first_process_exited = machine_end_with_program,
	};
	static const struct ipc_ops ipc = {
	        .service_registered = process_service_registered,
	        .is_interrupted = task_is_interrupted,
	        .is_told = task_is_told,
	        .is_ending = task_is_ending,
	        .audit_fills = process_audit_fills,
	};
	static const struct vm_ops vm = {.make_room = process_make_room};
	sched_init();
	sched_on_tick(process_ticked);
	vm_init(&vm);
	hal_install(&ops);
	ipc_install(&ipc);
	ps_init(&setup);
	return vfs_init();
}

static enum status boot_start_devices(struct boot *boot)
{
	const struct device_setup setup = {
	        .ecam = boot->machine.pci_config,
	        .archive = boot->archive,
	        .framebuffer = &boot->info.framebuffer,
	        .type = terminal_type_keys,
	        .heard = input_file_heard,
	        .input_gone = input_file_gone,
	        .disk_came = vfs_disk_came,
	};
	return device_start(&setup);
}

/* A page of conventional memory, where a CPU in real mode can start; 0: none. Page 0 is left out.
 */
static paddr_t boot_find_start_page(const struct boot_info *info)
{
	const paddr_t conventional_end = 0xa0000;
	for (size_t i = 0; i < info->region_count; i++) {
		const struct boot_region *region = &info->regions[i];
		paddr_t page = (region->start + PAGE_SIZE - 1) & ~(paddr_t)(PAGE_SIZE - 1);
		if (page == 0)
			page = PAGE_SIZE;
		if (region->kind == BOOT_REGION_USABLE && region->end <= conventional_end &&
		    region->end >= page + PAGE_SIZE)
			return page;
	}
	return 0;
}

static enum status boot_start_cpus(struct boot *boot)
{
	paddr_t page = boot_find_start_page(&boot->info);
	if (boot->machine.cpu_count > 1 && !page) {
		LOG_ERROR(LOG_BOOT, "no memory below 640 KiB to start CPUs from, using one");
		return OK;
	}
	TRY(sched_start_cpus(&boot->machine, page));
	LOG_INFO(LOG_BOOT, "cpus online=%u clock_guarded=%d", cpu_mask_count(cpu_online()),
	         clock_is_guarded());
	return OK;
}

/* A system whose programs all wait is no error, whether or not anything is there to wake them. */
static enum status boot_start_terminal(void)
{
	TRY(terminal_start(console_has_serial()));
	sched_expect_devices();
	bool has_channel = host_channel_start();
	if (console_has_serial() || has_channel)
		serial_receive_start();
	return OK;
}

static enum status boot_start_first_program(struct boot *)
{
	/* a self-test has the machine for itself */
	if (!first_program_is_selftest())
		TRY(boot_start_terminal());
	TRY(vfs_start());
	TRY(machine_watch_rest());
	TRY(machine_mark_usage());
	return first_program_start();
}

static enum status boot_start_watchdog(struct boot *boot)
{
	void *registers = NULL;
	if (boot->machine.io_apic)
		TRY(mm_map_device(boot->machine.io_apic, PAGE_SIZE, &registers));
	io_apic_start(registers);
	if (!watchdog_start(&boot->machine))
		LOG_WARN(LOG_BOOT, "no I/O APIC that serves a timer; a CPU that hangs is not seen");
	return OK;
}

struct boot_step {
	const char *name;
	enum status (*run)(struct boot *boot);
};

static const struct boot_step boot_steps[] = {
        {"log levels", boot_lower_log_levels},  {"boot information", boot_read_loader_info},
        {"ACPI tables", boot_read_machine},     {"clock", boot_start_clock},
        {"page frames", boot_start_frames},     {"kernel page tables", boot_start_tables},
        {"interrupts", boot_start_interrupts},  {"inventory", boot_say_what_is_there},
        {"fault injection", boot_start_faults}, {"boot archive", boot_open_archive},
        {"kernel symbols", boot_load_symbols},  {"processes", boot_start_processes},
        {"devices", boot_start_devices},        {"CPUs", boot_start_cpus},
        {"watchdog", boot_start_watchdog},      {"first program", boot_start_first_program},
};

void kernel_start(uint32_t kind, paddr_t loader_info)
{
	struct boot *boot = &kernel_boot;
	boot->kind = kind;
	boot->loader_info = loader_info;

	cpu_init_boot();
	trap_init();
	cpu_enable_features();
	machine_install_core();
	LOG_INFO(LOG_BOOT, "nucleus preset=%s", CONFIG_PRESET);

	for (size_t i = 0; i < COUNT(boot_steps); i++) {
		enum status status = boot_steps[i].run(boot);
		if (status != OK) {
			LOG_ALWAYS(LOG_BOOT, "machine exit reason=boot step='%s' status=%s",
			           boot_steps[i].name, status_name(status));
			machine_end(MACHINE_EXIT_BOOT_FAILURE);
		}
		if (CONFIG_BOOT_TRACE)
			LOG_INFO(LOG_BOOT, "boot step done: %s", boot_steps[i].name);
	}
	sched_run();
}
