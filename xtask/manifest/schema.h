/*
 * RUSTOS.package.toml as tables: its keys, types and words, and what each means.
 * docs/manifest.md is the same for people.
 */
#pragma once

#include "manifest/manifest.h"

extern const struct toml_schema manifest_schema; /* of struct package */

const char *execution_domain_name(enum execution_domain domain);
const char *linkage_name(enum linkage linkage);
const char *layout_name(enum layout layout);
