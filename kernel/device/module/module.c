/*
 * Loading and unloading of modules.
 *
 * One module is loaded or unloaded at a time; its init and exit may sleep meanwhile.
 */
#include "device/module/module.h"
#include "device/api.h"
#include "sched/api.h"
#include <base/cleanup.h>
#include <string.h>

enum { MODULE_END_LOOKS = 1000, MODULE_END_LOOK_NS = 1000000 };

struct module_table {
	struct spinlock lock;
	/* guarded by lock */
	bool busy; /* somebody loads or unloads */
	struct wait_queue turns;
	/* only used by whoever is busy */
	struct list modules;
	uint64_t last_number;
	struct module *in_init;
	struct boot_archive archive;
};

static struct module_table module_table = {.lock = SPINLOCK_INIT(LOCK_WAIT)};

static void module_begin(void)
{
	spinlock_acquire(&module_table.lock);
	while (module_table.busy)
		wait_queue_sleep(&module_table.turns, &module_table.lock);
	module_table.busy = true;
	spinlock_release(&module_table.lock);
}

static void module_end(void)
{
	spinlock_acquire(&module_table.lock);
	module_table.busy = false;
	wait_queue_wake_one(&module_table.turns);
	spinlock_release(&module_table.lock);
}

struct module *module_in_init(void)
{
	return module_table.in_init;
}

void module_take_resource(struct module_resource *resource,
                          void (*release)(struct module_resource *))
{
	resource->release = release;
	list_push_front(&module_table.in_init->resources, &resource->link);
}

static void module_release_resources(struct module *module)
{
	list_for_each(link, &module->resources) {
		struct module_resource *resource = container_of(link, struct module_resource, link);
		list_remove(link);
		resource->release(resource);
	}
}

static void module_destroy(struct module *module)
{
	module_release_resources(module);
	if (module->symbol_bytes)
		symbols_remove(&module->symbols);
	heap_free(module->symbol_bytes, module->symbol_byte_count);
	if (module->mapping.address)
		mm_module_release(&module->mapping);
	heap_free(module, sizeof *module);
}

/* A panic without its names is better than no module. */
static void module_add_symbols(struct module *module, const struct module_plan *plan)
{
	struct str name = str_from_c(module->name);
	module->symbol_byte_count = module_plan_symbol_bytes(plan, name);
	module->symbol_bytes = heap_alloc(module->symbol_byte_count);
	if (!module->symbol_bytes)
		return;
	module_plan_symbols(plan, name, module->mapping.address, module->symbol_bytes);
	struct str bytes = {(const char *)module->symbol_bytes, module->symbol_byte_count};
	module->symbols.start = module->mapping.address;
	module->symbols.end = module->mapping.address + plan->part_end[MODULE_TEXT];
	if (symbol_table_open(bytes, &module->symbols.table) != OK)
		LOG_WARN(LOG_DRIVER, "module %s: no usable symbols", module->name);
	symbols_add(&module->symbols);
}

/* Bytes, relocations, mapping. */
static enum status module_build(struct module *module, const struct module_plan *plan,
                                struct module_refusal *refusal)
{
	TRY(mm_module_reserve(module_plan_bytes(plan), &module->mapping));
	for (size_t i = 0; i < MODULE_PARTS; i++)
		module->mapping.part_end[i] = plan->part_end[i];
	const struct module_memory memory = {
	        .view = direct_map(module->mapping.frames),
	        .address = module->mapping.address,
	};
	TRY(module_plan_load(plan, memory, module_export_find, refusal));
	return mm_module_map(&module->mapping);
}

/* The address of a part of the module that must or may be there. */
static enum status module_find(const struct module *module, const struct module_plan *plan,
                               struct module_symbol_request request, uintptr_t *out_address)
{
	uint32_t offset;
	TRY(module_plan_find(plan, request, &offset));
	*out_address = module->mapping.address + offset;
	return OK;
}

/* From the bytes in the file: what the header says before anything runs. */
static enum status module_check_header(const struct module *module, const struct module_plan *plan,
                                       struct module_refusal *refusal)
{
	uintptr_t at;
	const struct module_symbol_request request = {STR("RUSTOS_DRIVER_HEADER"), MODULE_RODATA,
	                                              sizeof(struct driver_header)};
	if (module_find(module, plan, request, &at) != OK) {
		*refusal = (struct module_refusal){.reason = "no RUSTOS_DRIVER_HEADER"};
		return ERR_NOT_EXECUTABLE;
	}
	const struct driver_header *header = (const struct driver_header *)at;
	if (header->abi_version != DRIVER_ABI_VERSION || header->header_size < sizeof *header) {
		*refusal = (struct module_refusal){"another version of the driver ABI", STR(""),
		                                   header->abi_version};
		return ERR_NOT_EXECUTABLE;
	}
	struct str name = {(const char *)header->name, header->name_len};
	if (name.len > DRIVER_NAME_MAX || !str_equal(name, str_from_c(module->name))) {
		*refusal = (struct module_refusal){.reason = "its header names another module"};
		return ERR_NOT_EXECUTABLE;
	}
	return OK;
}

static enum status module_run_init(struct module *module, const struct module_plan *plan,
                                   struct module_refusal *refusal)
{
	uintptr_t init, exit;
	const struct module_symbol_request init_request = {STR("rustos_driver_init"), MODULE_TEXT,
	                                                   0};
	const struct module_symbol_request exit_request = {STR("rustos_driver_exit"), MODULE_TEXT,
	                                                   0};
	TRY(module_check_header(module, plan, refusal));
	if (module_find(module, plan, init_request, &init) != OK) {
		*refusal = (struct module_refusal){.reason = "no rustos_driver_init"};
		return ERR_NOT_EXECUTABLE;
	}
	if (module_find(module, plan, exit_request, &exit) == OK)
		module->exit = (void (*)(void))exit;
	module_table.in_init = module;
	int32_t status = ((int32_t(*)(const struct driver_kernel_api *))init)(module_api_table());
	module_table.in_init = NULL;
	return status < 0 ? (enum status)status : OK;
}

/* "system/drivers/input/name.ko" */
static struct str module_name_of(struct str path)
{
	size_t start = path.len;
	while (start && path.ptr[start - 1] != '/')
		start--;
	struct str name = str_slice(path, start, path.len);
	return str_ends_with(name, STR(".ko")) ? str_slice(name, 0, name.len - 3) : name;
}

/* NULL: none is loaded that has this name. */
static const struct module *module_named(struct str name)
{
	list_for_each(link, &module_table.modules) {
		const struct module *module = container_of(link, struct module, link);
		if (str_equal(str_from_c(module->name), name))
			return module;
	}
	return NULL;
}

static enum status module_load_file(struct module *module, struct str file,
                                    struct module_refusal *refusal)
{
	struct module_plan *plan = HEAP_NEW(struct module_plan);
	if (!plan)
		return ERR_NO_MEMORY;
	enum status status = module_plan_make(file, plan, refusal);
	if (status == OK)
		status = module_build(module, plan, refusal);
	if (status == OK) {
		module_add_symbols(module, plan);
		status = module_run_init(module, plan, refusal);
	}
	heap_free(plan, sizeof *plan);
	return status;
}

static void module_log_refusal(struct str name, enum status status,
                               const struct module_refusal *refusal)
{
	LOG_ERROR(LOG_DRIVER, "module %.*s is not loaded: %s%s%s%.*s (%lu)", STR_ARG(name),
	          status_name(status), refusal->reason[0] ? ": " : "",
	          refusal->reason[0] ? refusal->reason : "", STR_ARG(refusal->name),
	          refusal->number);
}

static enum status module_load_one(const struct module_request *request, uint64_t *out_number)
{
	struct str path = request->path;
	struct boot_archive_entry file;
	struct str name = module_name_of(path);
	TRY(boot_archive_find(module_table.archive, path, &file));
	if (!name.len || name.len > DRIVER_NAME_MAX || request->group.len >= DRIVER_GROUP_MAX)
		return ERR_NAME_TOO_LONG;
	if (module_named(name))
		return ERR_EXISTS;
	if (fault_fires(FAULT_DRIVER_MODULE_LOAD))
		return ERR_IO;
	struct module *module = HEAP_NEW(struct module);
	if (!module)
		return ERR_NO_MEMORY;
	list_init(&module->resources);
	memcpy(module->name, name.ptr, name.len);
	if (request->group.len)
		memcpy(module->group, request->group.ptr, request->group.len);

	struct module_refusal refusal = {.reason = ""};
	enum status status = module_load_file(module, file.data, &refusal);
	if (status != OK) {
		module_log_refusal(name, status, &refusal);
		module_destroy(module);
		return status;
	}
	module->number = ++module_table.last_number;
	list_push_back(&module_table.modules, &module->link);
	LOG_INFO(LOG_DRIVER, "module loaded name=%s number=%lu address=0x%lx bytes=%zu",
	         module->name, module->number, module->mapping.address,
	         module->mapping.part_end[MODULE_DATA]);
	*out_number = module->number;
	return OK;
}

/* Its frame is large, and not to be added to its caller's. */
[[gnu::noinline]] enum status module_load(const struct module_request *request,
                                          uint64_t *out_number)
{
	module_begin();
	enum status status = module_load_one(request, out_number);
	module_end();
	return status;
}

enum status module_number_of(struct str path, uint64_t *out_number)
{
	module_begin();
	const struct module *module = module_named(module_name_of(path));
	*out_number = module ? module->number : 0;
	module_end();
	return module ? OK : ERR_NOT_FOUND;
}

bool module_group_is_active(struct str group)
{
	bool active = false;
	module_begin();
	list_for_each(link, &module_table.modules) {
		const struct module *module = container_of(link, struct module, link);
		active |= group.len && str_equal(str_from_c(module->group), group);
	}
	module_end();
	return active;
}

size_t module_list(uint64_t after, struct module_figures *out, size_t capacity)
{
	size_t count = 0;
	module_begin();
	list_for_each(link, &module_table.modules) {
		const struct module *module = container_of(link, struct module, link);
		if (module->number <= after || count == capacity)
			continue;
		struct module_figures *figures = &out[count++];
		*figures = (struct module_figures){
		        .number = module->number,
		        .bytes = module->mapping.part_end[MODULE_DATA],
		        .uses = __atomic_load_n(&module->uses, __ATOMIC_RELAXED),
		};
		memcpy(figures->name, module->name, sizeof module->name);
	}
	module_end();
	return count;
}

static enum status module_unload_one(struct module *module)
{
	if (!module->exit)
		return ERR_NOT_SUPPORTED;
	if (__atomic_load_n(&module->uses, __ATOMIC_ACQUIRE))
		return ERR_BUSY;
	module->exit();
	list_remove(&module->link);
	LOG_INFO(LOG_DRIVER, "module unloaded name=%s number=%lu", module->name, module->number);
	module_destroy(module);
	return OK;
}

enum status module_unload(uint64_t number)
{
	enum status status = ERR_NOT_FOUND;
	module_begin();
	list_for_each(link, &module_table.modules) {
		struct module *module = container_of(link, struct module, link);
		if (module->number == number) {
			status = module_unload_one(module);
			break;
		}
	}
	module_end();
	return status;
}

void module_table_start(struct boot_archive archive)
{
	list_init(&module_table.modules);
	wait_queue_init(&module_table.turns);
	module_table.archive = archive;
}

/* What programs have left under way ends by itself. */
static enum status module_unload_patiently(struct module *module)
{
	enum status status = module_unload_one(module);
	for (int look = 0; status == ERR_BUSY && look < MODULE_END_LOOKS; look++) {
		thread_sleep_ns(MODULE_END_LOOK_NS);
		status = module_unload_one(module);
	}
	return status;
}

void modules_unload(void)
{
	module_begin();
	while (!list_empty(&module_table.modules)) {
		struct module *module =
		        container_of(module_table.modules.prev, struct module, link);
		enum status status = module_unload_patiently(module);
		if (status == OK)
			continue;
		LOG_WARN(LOG_DRIVER, "module %s stays: %s", module->name, status_name(status));
		list_remove(&module->link);
	}
	module_end();
}
