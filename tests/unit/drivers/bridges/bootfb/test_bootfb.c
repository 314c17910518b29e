#include "../../../test.h"
#include <abi/status.h>
#include <driver/api.h>

#include "../../../../../drivers/bridges/bootfb/bootfb.c"

static struct display_framebuffer_registration firmware, registered;
static int32_t query_status, register_status;
static unsigned warnings;

static int32_t fake_query(struct display_framebuffer_registration *out_framebuffer)
{
	if (query_status == OK)
		*out_framebuffer = firmware;
	return query_status;
}

static int32_t fake_register(const struct display_framebuffer_registration *registration)
{
	registered = *registration;
	return register_status;
}

static void fake_log(uint32_t level, const char *, size_t len)
{
	assert_int_equal(level, DRIVER_LOG_WARN);
	assert_true(len > 0);
	warnings++;
}

static struct driver_kernel_api test_start(void)
{
	firmware = (struct display_framebuffer_registration){.address = 0xffff800080000000,
	                                                     .size = 800 * 4 * 600,
	                                                     .width = 800,
	                                                     .height = 600,
	                                                     .stride = 3200,
	                                                     .pixel_format = DISPLAY_PIXEL_XRGB,
	                                                     .bytes_per_pixel = 4};
	registered = (struct display_framebuffer_registration){};
	query_status = register_status = OK;
	warnings = 0;
	return (struct driver_kernel_api){.abi_version = DRIVER_ABI_VERSION,
	                                  .struct_size = sizeof(struct driver_kernel_api),
	                                  .query_boot_framebuffer = fake_query,
	                                  .register_display_framebuffer = fake_register,
	                                  .log = fake_log};
}

static void boot_framebuffer_is_registered_as_primary(void **)
{
	struct driver_kernel_api api = test_start();
	assert_int_equal(rustos_driver_init(&api), OK);
	assert_int_equal(registered.address, firmware.address);
	assert_int_equal(registered.stride, 3200);
	assert_int_equal(registered.flags, DISPLAY_FRAMEBUFFER_BOOT | DISPLAY_FRAMEBUFFER_PRIMARY);
	assert_int_equal(warnings, 0);
	register_status = ERR_BUSY;
	assert_int_equal(rustos_driver_init(&api), ERR_BUSY);
}

static void machine_without_a_framebuffer_fails_the_load(void **)
{
	struct driver_kernel_api api = test_start();
	query_status = ERR_NO_DEVICE;
	assert_int_equal(rustos_driver_init(&api), ERR_NO_DEVICE);
	assert_int_equal(registered.address, 0);
	assert_int_equal(warnings, 1);
}

static void unsound_geometry_is_refused(void **)
{
	for (unsigned i = 0; i < 6; i++) {
		struct driver_kernel_api api = test_start();
		switch (i) {
		case 0:
			firmware.address = 0;
			break;
		case 1:
			firmware.width = 0;
			break;
		case 2:
			firmware.bytes_per_pixel = 2;
			break;
		case 3:
			firmware.stride = 3199;
			break;
		case 4:
			firmware.size--;
			break;
		case 5:
			firmware.width = UINT32_MAX;
			break;
		}
		assert_int_equal(rustos_driver_init(&api), ERR_NO_DEVICE);
		assert_int_equal(registered.address, 0);
	}
}

static void kernel_of_another_abi_is_refused(void **)
{
	struct driver_kernel_api api = test_start();
	api.abi_version++;
	assert_int_equal(rustos_driver_init(&api), ERR_NOT_SUPPORTED);
	api = test_start();
	api.struct_size--;
	assert_int_equal(rustos_driver_init(&api), ERR_NOT_SUPPORTED);
	assert_int_equal(rustos_driver_abi_version(), RUSTOS_DRIVER_HEADER.abi_version);
	assert_int_equal(RUSTOS_DRIVER_HEADER.header_size, sizeof RUSTOS_DRIVER_HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(boot_framebuffer_is_registered_as_primary),
	        cmocka_unit_test(machine_without_a_framebuffer_fails_the_load),
	        cmocka_unit_test(unsound_geometry_is_refused),
	        cmocka_unit_test(kernel_of_another_abi_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
