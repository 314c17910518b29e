/* Names of devices: which function does an alias of a driver's manifest mean? */
#include "device/pci.h"

enum { VIRTIO_VENDOR = 0x1af4, VIRTIO_MODERN_FIRST = 0x1040, VIRTIO_MODERN_END = 0x1080 };

/* Takes hexadecimal digits or one '*' off the alias; false when there is neither. */
static bool alias_take_number(struct str *alias, bool *out_any, uint32_t *out_value)
{
	uint32_t value = 0;
	size_t used = 0;
	*out_any = alias->len && alias->ptr[0] == '*';
	while (!*out_any && used < alias->len) {
		char c = alias->ptr[used];
		bool digit = c >= '0' && c <= '9';
		/* upper case: the small letters are names of fields */
		if (!digit && !(c >= 'A' && c <= 'F'))
			break;
		value = value << 4 | (uint32_t)(digit ? c - '0' : c - 'A' + 10);
		used++;
	}
	if (*out_any)
		used = 1;
	*out_value = value;
	*alias = str_slice(*alias, used, alias->len);
	return used > 0;
}

/* One field: its name, then what it must be. */
static bool alias_take_field(struct str *alias, const char *name, uint32_t value)
{
	struct str text = str_from_c(name);
	bool any;
	uint32_t wanted;
	if (!str_starts_with(*alias, text))
		return false;
	*alias = str_slice(*alias, text.len, alias->len);
	return alias_take_number(alias, &any, &wanted) && (any || wanted == value);
}

static bool alias_matches_pci(const struct pci_function *function, struct str alias)
{
	return alias_take_field(&alias, "v", function->vendor) &&
	       alias_take_field(&alias, "d", function->device) &&
	       alias_take_field(&alias, "sv", function->subsystem_vendor) &&
	       alias_take_field(&alias, "sd", function->subsystem) &&
	       alias_take_field(&alias, "bc", function->class_code >> 16) &&
	       alias_take_field(&alias, "sc", function->class_code >> 8 & 0xff) &&
	       alias_take_field(&alias, "i", function->class_code & 0xff) && alias.len == 0;
}

/* Virtio 1.2, section 4.1.2.1: a device of the modern kind has its number in the PCI device's. */
static bool alias_matches_virtio(const struct pci_function *function, struct str alias)
{
	if (function->vendor != VIRTIO_VENDOR || function->device < VIRTIO_MODERN_FIRST ||
	    function->device >= VIRTIO_MODERN_END)
		return false;
	return alias_take_field(&alias, "d", function->device - VIRTIO_MODERN_FIRST) &&
	       alias_take_field(&alias, "v", function->subsystem_vendor) && alias.len == 0;
}

bool pci_matches_alias(const struct pci_function *function, struct str alias)
{
	if (str_starts_with(alias, STR("pci:")))
		return alias_matches_pci(function, str_slice(alias, 4, alias.len));
	if (str_starts_with(alias, STR("virtio:")))
		return alias_matches_virtio(function, str_slice(alias, 7, alias.len));
	return false;
}
