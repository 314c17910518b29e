/* Generated from registry/syscalls.toml; edit that. */
#pragma once

#include <abi/services.h>
#include <abi/status.h>
#include <abi/syscalls.h>
#include <stdbool.h>
#include <stddef.h>

enum call_kind {
	CALL_VALUE, /* of 64 bits */
	CALL_U32,
	CALL_IN, /* addresses of memory */
	CALL_OUT,
	CALL_STRING, /* of one that ends with a NUL */
	CALL_STRINGS, /* of a vector of them that ends with NULL */
};

enum call_field_kind {
	CALL_FIELD_VALUE,
	CALL_FIELD_ADDRESS, /* of memory: its name ends with _ptr */
	CALL_FIELD_LENGTH, /* _len or count */
	CALL_FIELD_VERSION, /* abi_version */
	CALL_FIELD_RESERVED, /* reserved0: has to be 0 */
};

struct call_field {
	enum call_field_kind kind;
	size_t offset, size;
	const char *name;
};

struct call_argument {
	enum call_kind kind;
	int length; /* of memory: the argument with the number of elements; -1: one */
	uint64_t size; /* of memory: bytes of an element */
	uint64_t max; /* of memory: elements */
	const struct call_field *fields; /* of a structure; size 0 behind the last one; or NULL */
};

struct call_row {
	const char *name;
	uint64_t number;
	bool is_live, returns;
	int capability; /* bit; -1: none is needed */
	size_t count;
	struct call_argument arguments[6];
	const int *errors; /* 0 behind the last one */
};

[[maybe_unused]] static const struct call_row call_rows[] = {
	{
		.name = "take",
		.number = 0x52550001,
		.is_live = true,
		.returns = true,
		.capability = IPC_SERVICE_CAP_BIT_FILE_POLICY,
		.count = 3,
		.arguments = {
			{CALL_OUT, 1, sizeof(struct record), RECORDS_MAX, NULL},
			{CALL_VALUE, -1, 1, 1, NULL},
			{CALL_U32, -1, 1, 1, NULL},
		},
		.errors = (const int[]){ERR_ACCESS_DENIED, ERR_BAD_ADDRESS, ERR_INVALID_ARGS, 0},
	},
	{
		.name = "put",
		.number = 0x52550002,
		.is_live = true,
		.returns = true,
		.capability = -1,
		.count = 6,
		.arguments = {
			{CALL_IN, -1, sizeof(struct record), 1, (const struct call_field[]){
				{CALL_FIELD_VALUE, offsetof(struct record, kind),
				 sizeof(((struct record *)NULL)->kind), "kind"},
				{CALL_FIELD_VALUE, offsetof(struct record, value),
				 sizeof(((struct record *)NULL)->value), "value"},
				{CALL_FIELD_VALUE, offsetof(struct record, low),
				 sizeof(((struct record *)NULL)->low), "low"},
				{CALL_FIELD_VALUE, offsetof(struct record, high),
				 sizeof(((struct record *)NULL)->high), "high"},
				{CALL_FIELD_VALUE, offsetof(struct record, last),
				 sizeof(((struct record *)NULL)->last), "last"},
				{}
			}},
			{CALL_IN, -1, 72, 1, NULL},
			{CALL_STRING, -1, 1, 1, NULL},
			{CALL_STRINGS, -1, 1, 1, NULL},
			{CALL_VALUE, -1, 1, 1, NULL},
			{CALL_VALUE, -1, 1, 1, NULL},
		},
		.errors = (const int[]){ERR_BAD_ADDRESS, 0},
	},
	{
		.name = "tick",
		.number = 0x52550003,
		.is_live = true,
		.returns = true,
		.capability = -1,
		.count = 0,
		.arguments = {
		},
		.errors = (const int[]){0},
	},
	{
		.name = "later",
		.number = 0x52550004,
		.is_live = false,
		.returns = true,
		.capability = -1,
		.count = 1,
		.arguments = {
			{CALL_VALUE, -1, 1, 1, NULL},
		},
		.errors = (const int[]){0},
	},
	{
		.name = "former",
		.number = 0x52550005,
		.is_live = false,
		.returns = true,
		.capability = -1,
		.count = 0,
		.arguments = {
		},
		.errors = (const int[]){0},
	},
	{
		.name = "leave",
		.number = 0x52550100,
		.is_live = true,
		.returns = false,
		.capability = -1,
		.count = 1,
		.arguments = {
			{CALL_VALUE, -1, 1, 1, NULL},
		},
		.errors = (const int[]){0},
	},
};
