/*
 * The memory and string functions of a program without a C library: what gcc
 * calls by itself, and what libs/base needs. Behave as C11 7.24 says.
 *
 * Only on the include path of freestanding code (kernel, libs/rt programs);
 * host code takes its C library's header of the same name.
 */
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *bytes, int byte, size_t len);
void *memrchr(const void *bytes, int byte, size_t len);
size_t strlen(const char *text);
