/* The scan, base addresses and capabilities, over a configuration space in memory. */
#include "../../test.h"
#include "device/pci.h"
#include <string.h>

enum { FAKE_FUNCTIONS = 4 };

struct fake_function {
	struct pci_device_address address;
	uint32_t words[PCI_CONFIG_BYTES / 4];
	uint32_t bar_masks[PCI_BARS]; /* bits that can be written */
};

static struct fake_function fake[FAKE_FUNCTIONS];
static unsigned reads;

static struct fake_function *fake_at(struct pci_device_address at)
{
	for (size_t i = 0; i < FAKE_FUNCTIONS; i++)
		if (fake[i].address.bus == at.bus && fake[i].address.device == at.device &&
		    fake[i].address.function == at.function && fake[i].words[0])
			return &fake[i];
	return NULL;
}

static uint32_t fake_read(struct pci_device_address at, uint32_t offset)
{
	struct fake_function *function = fake_at(at);
	reads++;
	assert_true(offset % 4 == 0 && offset < PCI_CONFIG_BYTES);
	return function ? function->words[offset / 4] : UINT32_MAX;
}

static void fake_write(struct pci_device_address at, uint32_t offset, uint32_t value)
{
	struct fake_function *function = fake_at(at);
	assert_non_null(function);
	if (offset >= PCI_BAR_FIRST && offset < PCI_BAR_FIRST + 4 * PCI_BARS) {
		uint32_t mask = function->bar_masks[(offset - PCI_BAR_FIRST) / 4];
		uint32_t *word = &function->words[offset / 4];
		/* decoding is off while it is measured */
		assert_int_equal(function->words[1] & 3, 0);
		*word = (value & mask) | (*word & ~mask);
		return;
	}
	function->words[offset / 4] = value;
}

static const struct pci_access fake_access = {fake_read, fake_write};

static struct pci_bus scan(void)
{
	struct pci_bus bus = {.access = &fake_access};
	pci_scan(&bus);
	return bus;
}

static int start(void **)
{
	memset(fake, 0, sizeof fake);
	fake[0] = (struct fake_function){.address = {.device = 3}};
	fake[0].words[0] = 0x10421af4;
	fake[0].words[1] = 0x00100007; /* has capabilities */
	fake[0].words[2] = 0x01000001;
	fake[0].words[11] = 0x00021af4;
	return 0;
}

static void functions_behind_bridges_are_found(void **)
{
	fake[0].words[3] = 0x00800000; /* several functions */
	fake[1] = (struct fake_function){.address = {.device = 3, .function = 7}};
	fake[1].words[0] = 0x11111111;
	fake[1].words[3] = 0x00010000; /* a bridge */
	fake[1].words[6] = 0x00050500;
	fake[2] = (struct fake_function){.address = {.bus = 5, .device = 31}};
	fake[2].words[0] = 0x22222222;
	struct pci_bus bus = scan();
	assert_int_equal(bus.count, 3);
	assert_non_null(pci_find(&bus, 0x2222, 0x2222, 0));
	assert_null(pci_find(&bus, 0x2222, 0x2222, 1));
	assert_int_equal(pci_find(&bus, 0x1af4, 0x1042, 0)->class_code, 0x010000);
}

static void bridges_in_a_ring_end(void **)
{
	for (uint8_t i = 1; i < FAKE_FUNCTIONS; i++) {
		fake[i] = (struct fake_function){.address = {.bus = (uint8_t)(i - 1), .device = 1}};
		fake[i].words[0] = 0x11111111;
		fake[i].words[3] = 0x00010000;
		fake[i].words[6] = i == FAKE_FUNCTIONS - 1 ? 0x00000100 : (uint32_t)i << 8;
	}
	struct pci_bus bus = scan();
	assert_int_equal(bus.count, FAKE_FUNCTIONS);
}

static void sizes_are_measured_and_addresses_stay(void **)
{
	struct pci_bus bus = scan();
	struct pci_bar_info bar;
	fake[0].words[4] = 0xfebc0000;
	fake[0].bar_masks[0] = 0xffffc000;
	fake[0].words[5] = 0x0000c001;
	fake[0].bar_masks[1] = 0x0000ff80;
	fake[0].words[6] = 0x4000000c; /* 64 bits, prefetchable */
	fake[0].bar_masks[2] = 0xfff00000;
	fake[0].words[7] = 0x00000080;
	fake[0].bar_masks[3] = 0xffffffff;

	assert_int_equal(pci_read_bar(&bus, fake[0].address, 0, &bar), OK);
	assert_int_equal(bar.address, 0xfebc0000);
	assert_int_equal(bar.size, 0x4000);
	assert_int_equal(bar.flags, 0);
	assert_int_equal(pci_read_bar(&bus, fake[0].address, 1, &bar), OK);
	assert_int_equal(bar.address, 0xc000);
	assert_int_equal(bar.size, 0x80);
	assert_int_equal(bar.flags, DRIVER_BAR_PORTS);
	assert_int_equal(pci_read_bar(&bus, fake[0].address, 2, &bar), OK);
	assert_true(bar.address == 0x8040000000);
	assert_int_equal(bar.size, 0x100000);
	assert_int_equal(bar.flags, DRIVER_BAR_PREFETCH | DRIVER_BAR_64_BITS);
	assert_int_equal(fake[0].words[4], 0xfebc0000);
	assert_int_equal(fake[0].words[7], 0x80);
	assert_int_equal(fake[0].words[1] & 0xffff, 7);
	assert_int_equal(pci_read_bar(&bus, fake[0].address, 4, &bar), ERR_NOT_FOUND);
	assert_int_equal(pci_read_bar(&bus, fake[0].address, 6, &bar), ERR_INVALID_ARGS);
}

static void capabilities_come_one_after_the_other(void **)
{
	struct pci_bus bus = scan();
	uint8_t at = 0;
	fake[0].words[0x34 / 4] = 0x40;
	fake[0].words[0x40 / 4] = 0x00005009;
	fake[0].words[0x50 / 4] = 0x00006011;
	fake[0].words[0x60 / 4] = 0x00000009;
	assert_true(pci_next_capability(&bus, fake[0].address, 9, &at));
	assert_int_equal(at, 0x40);
	assert_true(pci_next_capability(&bus, fake[0].address, 9, &at));
	assert_int_equal(at, 0x60);
	assert_false(pci_next_capability(&bus, fake[0].address, 9, &at));
	at = 0;
	assert_true(pci_next_capability(&bus, fake[0].address, 0x11, &at));
}

static void ring_of_capabilities_ends(void **)
{
	struct pci_bus bus = scan();
	uint8_t at = 0;
	fake[0].words[0x34 / 4] = 0x40;
	fake[0].words[0x40 / 4] = 0x00004005;
	reads = 0;
	assert_false(pci_next_capability(&bus, fake[0].address, 9, &at));
	assert_true(reads < 200);
	fake[0].words[1] = 0;
	assert_false(pci_next_capability(&bus, fake[0].address, 5, &at));
}

static void aliases_name_devices(void **)
{
	static const struct {
		const char *alias;
		bool matches;
	} cases[] = {
	        {"virtio:d00000002v*", true},
	        {"virtio:d00000002v00001AF4", true},
	        {"virtio:d00000002v00001AF5", false},
	        {"virtio:d00000004v*", false},
	        {"virtio:d*v*", true},
	        {"virtio:d00000002", false},
	        {"virtio:", false},
	        {"pci:v00001AF4d00001042sv*sd*bc*sc*i*", true},
	        {"pci:v*d*sv*sd*bc01sc00i00", true},
	        {"pci:v*d*sv*sd*bc02sc*i*", false},
	        {"pci:v00001AF4d00001043sv*sd*bc*sc*i*", false},
	        {"pci:v*d*sv*sd*bc*sc*i*x", false},
	        {"pci:vd*sv*sd*bc*sc*i*", false},
	        {"usb:v*", false},
	        {"", false},
	};
	struct pci_bus bus = scan();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(pci_matches_alias(&bus.functions[0], str_from_c(cases[i].alias)),
		                 cases[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(functions_behind_bridges_are_found, start),
	        cmocka_unit_test_setup(bridges_in_a_ring_end, start),
	        cmocka_unit_test_setup(sizes_are_measured_and_addresses_stay, start),
	        cmocka_unit_test_setup(capabilities_come_one_after_the_other, start),
	        cmocka_unit_test_setup(ring_of_capabilities_ends, start),
	        cmocka_unit_test_setup(aliases_name_devices, start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
