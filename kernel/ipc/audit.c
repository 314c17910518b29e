/*
 * The audit record: who was refused what, who got and lost which capability. Each record's
 * hash covers the one before, so a record that is changed or left out shows.
 */
#include "core/api.h"
#include "ipc/api.h"
#include <sha256/api.h>
#include <string.h>

enum { AUDIT_RECORDS = 256 };

struct audit {
	struct spinlock lock;
	/* guarded by lock */
	uint64_t last_sequence;
	struct audit_record records[AUDIT_RECORDS]; /* by sequence modulo their number */
};

static struct audit audit = {.lock = SPINLOCK_INIT(LOCK_AUDIT)};

_Static_assert(SHA256_BYTES == sizeof((struct audit_record *)0)->hash);

static void audit_hash(const struct audit_record *previous, struct audit_record *record)
{
	struct sha256 state;
	sha256_init(&state);
	sha256_update(&state, previous->hash, sizeof previous->hash);
	sha256_update(&state, record, offsetof(struct audit_record, hash));
	sha256_finish(&state, record->hash);
}

void audit_append(uint32_t event, uint64_t pid, uint64_t detail, enum status status)
{
	spinlock_acquire(&audit.lock);
	const struct audit_record *previous = &audit.records[audit.last_sequence % AUDIT_RECORDS];
	uint64_t sequence = ++audit.last_sequence;
	struct audit_record *record = &audit.records[sequence % AUDIT_RECORDS];
	struct audit_record made = {
	        .sequence = sequence,
	        .time_ns = clock_ns(),
	        .event = event,
	        .status = status,
	        .pid = pid,
	        .detail = detail,
	};
	audit_hash(previous, &made);
	*record = made;
	spinlock_release(&audit.lock);
}

size_t audit_read(uint64_t first, struct audit_record *out_records, size_t capacity)
{
	spinlock_acquire(&audit.lock);
	uint64_t last = audit.last_sequence;
	uint64_t oldest = last < AUDIT_RECORDS ? 1 : last - AUDIT_RECORDS + 1;
	size_t count = 0;
	for (uint64_t at = first > oldest ? first : oldest; at <= last && count < capacity; at++)
		out_records[count++] = audit.records[at % AUDIT_RECORDS];
	spinlock_release(&audit.lock);
	return count;
}
