/* A request with everything filled in, over a temporary folder. */
#pragma once

#include "../../folder.h"
#include "../../test.h"
#include "os/files.h"
#include "qemu/qemu.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct machine_fixture {
	struct arena arena;
	struct diag diag;
	struct qemu_config config;
	struct qemu_request request;
	char folder[64];
};

static inline struct str fixture_file(struct machine_fixture *f, const char *name,
                                      struct str content)
{
	struct str path = str_format(&f->arena, "%s/%s", f->folder, name);
	assert_int_equal(file_write(path.ptr, content, 0644), 0);
	return path;
}

static inline int fixture_make(void **state)
{
	struct machine_fixture *f = calloc(1, sizeof *f);
	host_arena_init(&f->arena);
	diag_init(&f->diag, &f->arena);
	test_folder_make(f->folder, sizeof f->folder);
	f->config = (struct qemu_config){
	        .profile = STR("default"),
	        .accelerator = ACCEL_TCG,
	        .memory_mib = 64,
	        .cpus = 2,
	};
	f->request = (struct qemu_request){
	        .config = &f->config,
	        .machine = {0xf4, 0x20, 0x21, 0x40, 31},
	        .boot = BOOT_DIRECT,
	        .out = str_from_c(f->folder),
	        .quiet = true,
	        .timeout_ms = 20000,
	};
	f->request.kernel = fixture_file(f, "nucleus.elf", STR("kernel"));
	f->request.archive = fixture_file(f, "early.cpio", STR("archive"));
	*state = f;
	return 0;
}

static inline int fixture_remove(void **state)
{
	struct machine_fixture *f = *state;
	int error = tree_remove(f->folder);
	arena_release(&f->arena);
	free(f);
	return error;
}

/* The first error reported, or an empty string. */
static inline struct str fixture_error(const struct machine_fixture *f)
{
	return f->diag.first ? f->diag.first->message : (struct str){};
}
