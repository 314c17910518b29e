/*
 * What follows from a package's kind and from its builder, as two tables
 * (architecture.md section 2; docs/manifest.md shows them to people).
 */
#pragma once

#include "manifest/manifest.h"

struct kind_rule {
	struct str place; /* folder below which its manifests lie */
	/* The artifact lies under this folder; "" is the root itself. */
	struct str install_root;
	struct str install_suffix;
	bool own_folder; /* and there in a folder with the package's id */
	enum execution_domain domain;
	uint32_t builders; /* bits 1 << enum builder */
	bool is_driver; /* may have [autoload] */
	bool is_program; /* may have [[desktop.entries]] and a startup mode */
	bool is_preloadable; /* may be part of the early archive */
};

enum key_rule { KEY_REFUSED, KEY_OPTIONAL, KEY_REQUIRED };

/* The keys of [build] that only some builders know. */
enum build_key {
	BUILD_KEY_SOURCE,
	BUILD_KEY_SOURCE_ENV,
	BUILD_KEY_LIBS,
	BUILD_KEY_EXTRA_ARGS,
	BUILD_KEY_LINKAGE,
	BUILD_KEY_LINKER_SCRIPT,
	BUILD_KEY_DEB,
	BUILD_KEY_FILES,
	BUILD_KEY_COUNT,
};

struct builder_rule {
	enum key_rule keys[BUILD_KEY_COUNT];
	uint32_t layouts; /* bits 1 << enum layout */
	uint32_t linkages; /* bits 1 << enum linkage; 0: the key is refused */
	enum linkage default_linkage;
	bool compiles; /* source defaults to the manifest's folder and stays inside it */
};

/* Folder of packages without sources; only builders that bring finished files. */
#define PLACE_WITHOUT_SOURCES "manifests"
/* Folder of apps that only the profile "test" may contain. */
#define PLACE_OF_TESTS "tests/target"

const struct kind_rule *kind_rule(enum package_kind kind);
const struct builder_rule *builder_rule(enum builder builder);
struct str build_key_name(enum build_key key);
