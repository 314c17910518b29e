/* Brokers of driverd: texts out of user memory, then device. */
#include "core/api.h"
#include "device/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <base/cleanup.h>
#include <kernel/syscall_prototypes.h>

enum { DRIVER_TEXT_MAX = 256 };

_Static_assert(DRIVER_PATH_BYTES_MAX <= (int)DRIVER_TEXT_MAX &&
               DRIVER_ALIAS_BYTES_MAX <= (int)DRIVER_TEXT_MAX &&
               DRIVER_GROUP_MAX <= (int)DRIVER_TEXT_MAX);

struct driver_text {
	char bytes[DRIVER_TEXT_MAX];
	struct str text;
};

static enum status driver_copy_text(struct driver_text *to, uint64_t address, uint64_t len,
                                    size_t max)
{
	if (len > max)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(to->bytes, (struct user_in){address, len}));
	to->text = (struct str){to->bytes, len};
	return OK;
}

static bool driver_is_zero(const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (words[i])
			return false;
	return true;
}

enum status sys_driver_load_module_broker(struct user_in args, uint64_t *out_module)
{
	struct driver_load_module_args given;
	struct driver_text path, group = {};
	const uint32_t flags =
	        DRIVER_POLICY_PRIMARY | DRIVER_POLICY_FALLBACK | DRIVER_POLICY_LOADED;
	TRY(user_copy_in(&given, args));
	if (given.abi_version != DRIVER_BROKER_VERSION || given.reserved0 ||
	    (given.policy_flags & ~flags) ||
	    !driver_is_zero(given.reserved1, COUNT(given.reserved1)))
		return ERR_INVALID_ARGS;
	TRY(driver_copy_text(&path, given.path_ptr, given.path_len, DRIVER_PATH_BYTES_MAX));
	if (given.group_len)
		TRY(driver_copy_text(&group, given.group_ptr, given.group_len,
		                     DRIVER_GROUP_MAX - 1));
	if (given.policy_flags & DRIVER_POLICY_LOADED)
		return module_number_of(path.text, out_module);
	const struct module_request request = {.path = path.text, .group = group.text};
	TRY(module_load(&request, out_module));
	/* whoever loads drivers comes after vfsd: what lies on a new disk is there then */
	vfs_await_disks();
	return OK;
}

enum status sys_driver_unload_module_broker(uint64_t module)
{
	return module_unload(module);
}

enum status sys_driver_probe_alias_broker(struct user_in args, uint64_t *out_present)
{
	struct driver_probe_alias_args given;
	struct driver_text alias;
	TRY(user_copy_in(&given, args));
	if (given.abi_version != DRIVER_BROKER_VERSION || given.reserved0 || given.reserved1 ||
	    given.reserved2)
		return ERR_INVALID_ARGS;
	TRY(driver_copy_text(&alias, given.alias_ptr, given.alias_len, DRIVER_ALIAS_BYTES_MAX));
	*out_present = device_alias_is_present(alias.text);
	return OK;
}

enum status sys_driver_provider_active_broker(uintptr_t group, uint64_t *out_active)
{
	char bytes[DRIVER_GROUP_MAX];
	size_t len;
	TRY(user_copy_string(bytes, sizeof bytes, group, &len));
	*out_active = module_group_is_active((struct str){bytes, len});
	return OK;
}
