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

struct call_argument {
	enum call_kind kind;
	int length; /* of memory: the argument with the number of elements; -1: one */
	uint64_t size; /* of memory: bytes of an element */
	uint64_t max; /* of memory: elements */
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
			{CALL_OUT, 1, sizeof(struct record), RECORDS_MAX},
			{CALL_VALUE, -1, 1, 1},
			{CALL_U32, -1, 1, 1},
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
			{CALL_IN, -1, sizeof(struct record), 1},
			{CALL_IN, -1, 72, 1},
			{CALL_STRING, -1, 1, 1},
			{CALL_STRINGS, -1, 1, 1},
			{CALL_VALUE, -1, 1, 1},
			{CALL_VALUE, -1, 1, 1},
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
			{CALL_VALUE, -1, 1, 1},
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
			{CALL_VALUE, -1, 1, 1},
		},
		.errors = (const int[]){0},
	},
};
