#include "core/api.h"
#include "mm/api.h"

struct memory_account {
	/* all atomic */
	uint64_t references;
	uint64_t bytes;
	uint64_t peak_bytes;
	uint64_t limit_bytes;
	uint64_t refusals;

	struct memory_account *former; /* counted; of the program before; NULL: it left nothing */
};

enum status memory_account_create(uint64_t limit_bytes, struct memory_account **out_account)
{
	struct memory_account *account = HEAP_NEW(struct memory_account);
	if (!account)
		return ERR_NO_MEMORY;
	account->references = 1;
	account->limit_bytes = limit_bytes;
	*out_account = account;
	return OK;
}

struct memory_account *memory_account_ref(struct memory_account *account)
{
	if (account)
		__atomic_fetch_add(&account->references, 1, __ATOMIC_RELAXED);
	return account;
}

void memory_account_unref(struct memory_account *account)
{
	if (!account || __atomic_sub_fetch(&account->references, 1, __ATOMIC_ACQ_REL))
		return;
	while (account) {
		struct memory_account *former = account->former;
		ASSERT(account->bytes == 0);
		heap_free(account, sizeof *account);
		bool is_last =
		        former && !__atomic_sub_fetch(&former->references, 1, __ATOMIC_ACQ_REL);
		account = is_last ? former : NULL;
	}
}

/* Those that are empty by now are left out. */
void memory_account_follow(struct memory_account *account, struct memory_account *former)
{
	while (former && !__atomic_load_n(&former->bytes, __ATOMIC_RELAXED))
		former = former->former;
	__atomic_store_n(&account->former, memory_account_ref(former), __ATOMIC_RELEASE);
}

static uint64_t memory_account_former_bytes(const struct memory_account *account)
{
	uint64_t bytes = 0;
	while ((account = __atomic_load_n(&account->former, __ATOMIC_ACQUIRE)))
		bytes += __atomic_load_n(&account->bytes, __ATOMIC_RELAXED);
	return bytes;
}

void memory_account_set_limit(struct memory_account *account, uint64_t limit_bytes)
{
	__atomic_store_n(&account->limit_bytes, limit_bytes, __ATOMIC_RELAXED);
}

enum status memory_account_lower_limit(struct memory_account *account, uint64_t limit_bytes)
{
	uint64_t now = __atomic_load_n(&account->limit_bytes, __ATOMIC_RELAXED);
	/* another thread may lower it meanwhile, even further */
	do {
		if (limit_bytes > now)
			return ERR_ACCESS_DENIED;
	} while (!__atomic_compare_exchange_n(&account->limit_bytes, &now, limit_bytes, false,
	                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return OK;
}

struct memory_usage memory_account_usage(const struct memory_account *account)
{
	return (struct memory_usage){
	        .bytes = __atomic_load_n(&account->bytes, __ATOMIC_RELAXED) +
	                 memory_account_former_bytes(account),
	        .peak_bytes = __atomic_load_n(&account->peak_bytes, __ATOMIC_RELAXED),
	        .limit_bytes = __atomic_load_n(&account->limit_bytes, __ATOMIC_RELAXED),
	        .refusals = __atomic_load_n(&account->refusals, __ATOMIC_RELAXED),
	};
}

enum status memory_charge(struct memory_account *account, uint64_t bytes)
{
	if (!account)
		return OK;
	uint64_t limit = __atomic_load_n(&account->limit_bytes, __ATOMIC_RELAXED);
	uint64_t now = __atomic_add_fetch(&account->bytes, bytes, __ATOMIC_RELAXED);
	uint64_t held = now;
	if (__builtin_expect(account->former != NULL, 0))
		held += memory_account_former_bytes(account);
	if (held > limit || now < bytes) {
		__atomic_sub_fetch(&account->bytes, bytes, __ATOMIC_RELAXED);
		__atomic_fetch_add(&account->refusals, 1, __ATOMIC_RELAXED);
		return ERR_NO_MEMORY;
	}
	/* a peak of two CPUs at once may come out a little low */
	if (now > __atomic_load_n(&account->peak_bytes, __ATOMIC_RELAXED))
		__atomic_store_n(&account->peak_bytes, now, __ATOMIC_RELAXED);
	return OK;
}

void memory_uncharge(struct memory_account *account, uint64_t bytes)
{
	if (!account)
		return;
	uint64_t before = __atomic_fetch_sub(&account->bytes, bytes, __ATOMIC_RELAXED);
	ASSERT(before >= bytes);
}
