/*
 * Memory held on behalf of one process, and its limit. Included by mm/api.h.
 *
 * Charged in bytes before the memory is taken: page frames of its address space (also those it
 * shares after a copy), page tables, and the kernel objects that describe them; threads, and what
 * lies in its pipes and sockets. Counted by reference, for what outlives the process.
 */
#pragma once

#include <abi/status.h>
#include <stdbool.h>
#include <stdint.h>

struct memory_account;

struct memory_usage {
	uint64_t bytes;
	uint64_t peak_bytes;
	uint64_t limit_bytes;
	uint64_t refusals; /* charges that would have exceeded the limit */
};

#define MEMORY_UNLIMITED UINT64_MAX

/* With one reference, the caller's. ERR_NO_MEMORY. */
enum status memory_account_create(uint64_t limit_bytes, struct memory_account **out_account);
struct memory_account *memory_account_ref(struct memory_account *account);
/* Accepts NULL. With the last reference nothing may be charged any more. */
void memory_account_unref(struct memory_account *account);
/* A lower limit takes nothing away; it only stops growth. */
void memory_account_set_limit(struct memory_account *account, uint64_t limit_bytes);
/* The same. ERR_ACCESS_DENIED: higher than it is. */
enum status memory_account_lower_limit(struct memory_account *account, uint64_t limit_bytes);
/*
 * What former still holds counts for account from now on, towards its limit, too. Once, before
 * anybody else uses account.
 */
void memory_account_follow(struct memory_account *account, struct memory_account *former);
struct memory_usage memory_account_usage(const struct memory_account *account);

/* ERR_NO_MEMORY over the limit. account NULL is the kernel, which has none. */
enum status memory_charge(struct memory_account *account, uint64_t bytes);
void memory_uncharge(struct memory_account *account, uint64_t bytes);
