/*
 * The framebuffer that the firmware set up, registered as the primary display.
 *
 * Last resort of the provider group display-primary: driverd loads it only when
 * no driver for real display hardware took the group.
 */
#include <abi/status.h>
#include <driver/api.h>

const struct driver_header RUSTOS_DRIVER_HEADER = {
        .abi_version = DRIVER_ABI_VERSION,
        .header_size = sizeof(struct driver_header),
        .driver_class = DRIVER_CLASS_DISPLAY,
        .bus = DRIVER_BUS_PLATFORM,
        .module_path_len = sizeof "system/drivers/display/bootfb.ko" - 1,
        .module_path = "system/drivers/display/bootfb.ko",
        .name_len = sizeof "bootfb" - 1,
        .name = "bootfb",
};

uint32_t rustos_driver_abi_version(void)
{
	return DRIVER_ABI_VERSION;
}

static int bootfb_is_usable(const struct display_framebuffer_registration *framebuffer)
{
	uint64_t line = (uint64_t)framebuffer->width * framebuffer->bytes_per_pixel;
	return framebuffer->address && framebuffer->width && framebuffer->height &&
	       (framebuffer->bytes_per_pixel == 3 || framebuffer->bytes_per_pixel == 4) &&
	       framebuffer->stride >= line &&
	       framebuffer->size >= (uint64_t)framebuffer->stride * framebuffer->height;
}

static int32_t bootfb_fail(const struct driver_kernel_api *api, int32_t status, const char *text,
                           size_t len)
{
	api->log(DRIVER_LOG_WARN, text, len);
	return status;
}

#define BOOTFB_FAIL(api, status, text) bootfb_fail(api, status, text, sizeof(text) - 1)

int32_t rustos_driver_init(const struct driver_kernel_api *api)
{
	if (api->abi_version != DRIVER_ABI_VERSION || api->struct_size < sizeof *api)
		return ERR_NOT_SUPPORTED;

	struct display_framebuffer_registration framebuffer = {};
	int32_t status = api->query_boot_framebuffer(&framebuffer);
	if (status != OK)
		return BOOTFB_FAIL(api, status, "bootfb: the firmware set up no framebuffer");
	if (!bootfb_is_usable(&framebuffer))
		return BOOTFB_FAIL(api, ERR_NO_DEVICE,
		                   "bootfb: framebuffer without sound geometry");

	framebuffer.flags = DISPLAY_FRAMEBUFFER_BOOT | DISPLAY_FRAMEBUFFER_PRIMARY;
	return api->register_display_framebuffer(&framebuffer);
}

/* The firmware's framebuffer stays as it is; the kernel takes its mapping back. */
void rustos_driver_exit(void)
{
}
