/*
 * The pipeline behind every command that builds:
 *
 *   manifests + config + registry -> read -> resolve -> generate -> plan -> engine -> stage -> sign
 * -> image
 *
 * pipeline_read stops before anything is planned; pipeline_plan makes the whole
 * graph; pipeline_build runs the part that a goal needs.
 */
#pragma once

#include "cmd/cmd.h"
#include "gen/gen.h"
#include "stage/stage.h"

/* A package whose files go to the package volume. */
struct packed_package {
	const struct package *package;
	struct str pack; /* OUT/packs/<id>.cpio */
};

enum goal { GOAL_ALL, GOAL_KERNEL, GOAL_USER, GOAL_STAGE, GOAL_IMAGE, GOAL_GEN };

struct pipeline {
	struct invocation *in;
	struct str profile, preset;
	struct str
	        out; /* "build", or build/<profile>-<preset> when one of them is not the default */
	struct config config;
	struct manifests manifests;
	struct system system;
	const struct registry *registry;
	struct plan plan;
	struct staged staged;
	struct packed_package *packed; /* room for every package of the system */
	size_t packed_count;
	struct str key, efi_key; /* files or PKCS #11 URIs */
	struct str efi_certificate;
	struct str boot_configuration; /* what GRUB is told; empty: no boot loader */
	const struct image_request *image_request; /* of the boot image */
	const struct package *only; /* of GOAL_USER; NULL: all that there are */
	struct strs generated; /* what came from the registry and the configuration */
};

/* OUT/name */
struct str pipeline_path(const struct pipeline *p, const char *name);
/* Decides profile, preset and OUT from the options alone. */
void pipeline_name(struct pipeline *p, struct invocation *in);
/* Configuration, manifests, resolution, registry. Reports everything wrong at once; false then. */
bool pipeline_read(struct pipeline *p);
bool pipeline_plan(struct pipeline *p);
/* Plans and runs one goal of a pipeline that was read, in silence. The exit code. */
int pipeline_goal(struct pipeline *p, enum goal goal);
/* Reads, plans and runs; ends with the summary line. The exit code. */
int pipeline_build(struct invocation *in, enum goal goal);
