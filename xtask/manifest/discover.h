/* Finds the manifests of the tree: file names only, nothing is read. */
#pragma once

#include "manifest/manifest.h"

#define MANIFEST_NAME "RUSTOS.package.toml"

/*
 * Fills files and folders, both sorted, from the current folder down. What is
 * generated (build, target, logs of the root), input of tests (tests/golden,
 * tests/fuzz) and hidden is left out; links to folders are not followed. False
 * after reporting a folder that could not be read or a misspelt file name.
 */
bool manifest_discover(struct arena *a, struct manifests *out_manifests, struct diag *d);
