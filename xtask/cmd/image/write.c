/* write: the image onto a stick, after asking; never onto a disk that anybody uses. */
#include "cmd/pipeline.h"
#include "image/device.h"
#include "image/image.h"
#include "os/files.h"
#include <stdio.h>

static const struct option *const options[] = {options_system, NULL};

/* The answer is the device's own name: nobody types that by accident. */
static bool asked(const struct device *device, uint64_t image_bytes)
{
	char line[256];
	printf("%.*s: %.*s, %llu MB. All of it will be lost; the image takes %llu MB.\n"
	       "Type %.*s to go on: ",
	       STR_ARG(device->path), STR_ARG(device->model),
	       (unsigned long long)(device->bytes / 1000000),
	       (unsigned long long)(image_bytes / 1000000), STR_ARG(device->path));
	fflush(stdout);
	return fgets(line, sizeof line, stdin) &&
	       str_equal(str_trim(str_from_c(line)), device->path);
}

static int write_image(struct invocation *in, const struct device *device,
                       const struct image *image, struct text *why)
{
	if (device->bytes < image->disk.len) {
		text_addf(why, "%.*s is too small", STR_ARG(device->path));
		return EXIT_FAILED;
	}
	if (!asked(device, image->disk.len)) {
		text_addf(why, "not written: that was not its name");
		return EXIT_FAILED;
	}
	const char *path = arena_c_str(in->arena, device->path);
	if (device_write(image->disk, path, why) != 0)
		return EXIT_FAILED;
	printf("write: %s holds the image, compared byte by byte\n", path);
	return EXIT_DONE;
}

static int run_write(struct invocation *in)
{
	struct pipeline p;
	struct device device;
	struct image image;
	struct text why = {.arena = in->arena};
	pipeline_name(&p, in);
	struct str path = pipeline_path(&p, "rustos-boot.img");
	if (!file_exists(arena_c_str(in->arena, in->words.items[0]))) {
		diag_error(in->diag, (struct span){}, (struct str){}, "there is no %.*s",
		           STR_ARG(in->words.items[0]));
		return EXIT_FAILED;
	}
	int code = EXIT_FAILED;
	if (device_inspect(in->arena, STR(""), in->words.items[0], &device, &why) == 0 &&
	    image_open(path.ptr, &image, &why) == 0) {
		code = write_image(in, &device, &image, &why);
		image_close(&image);
	}
	if (code != EXIT_DONE)
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s",
		           STR_ARG(text_str(&why)));
	return code;
}

const struct command command_write = {
        .name = "write",
        .group = GROUP_IMAGE,
        .summary = "write the image to a removable disk, after asking",
        .usage = "[OPTIONS] DEVICE",
        .details = "Writes what the last build left. Refuses a partition, a fixed disk, and "
                   "whatever is mounted\nor in use. Compares all of it afterwards.\n",
        .example = "  xtask write /dev/sdb\n",
        .options = options,
        .words_min = 1,
        .words_max = 1,
        .run = run_write,
};
