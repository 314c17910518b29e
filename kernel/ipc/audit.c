/*
 * The audit record: who was refused what, who got and lost which capability. Each record's
 * hash covers the one before, so a record that is changed or left out shows. Anybody can have
 * refusals made: of what nobody has read yet they get a part, so that they push out nothing else;
 * those beyond it are counted, and the count becomes a record once there is room.
 */
#include "core/api.h"
#include "ipc/api.h"
#include "ipc/call.h"
#include <sha256/api.h>
#include <string.h>

struct audit {
	struct spinlock lock;
	/* guarded by lock */
	uint64_t last_sequence;
	uint64_t read_sequence; /* no record up to this one waits to be read */
	uint32_t refusals_waiting;
	uint64_t refusals_lost; /* since there was no room */
	struct audit_record records[AUDIT_RECORDS_MAX]; /* by sequence modulo their number */
};

static struct audit audit = {.lock = SPINLOCK_INIT(LOCK_AUDIT)};

_Static_assert(SHA256_BYTES == sizeof((struct audit_record *)0)->hash);

static struct audit_record *audit_at(uint64_t sequence)
{
	return &audit.records[sequence % AUDIT_RECORDS_MAX];
}

static bool audit_is_refusal(uint32_t event)
{
	return event != AUDIT_GRANT && event != AUDIT_REVOKE;
}

static void audit_hash(const struct audit_record *previous, struct audit_record *record)
{
	struct sha256 state;
	sha256_init(&state);
	sha256_update(&state, previous->hash, sizeof previous->hash);
	sha256_update(&state, record, offsetof(struct audit_record, hash));
	sha256_finish(&state, record->hash);
}

/* They were read, or are about to be overwritten. */
static void audit_let_go(uint64_t up_to)
{
	while (audit.read_sequence < up_to)
		audit.refusals_waiting -= audit_is_refusal(audit_at(++audit.read_sequence)->event);
}

static void audit_add(uint32_t event, uint64_t pid, uint64_t detail, enum status status)
{
	uint64_t sequence = audit.last_sequence + 1;
	struct audit_record made = {
	        .sequence = sequence,
	        .time_ns = clock_ns(),
	        .event = event,
	        .status = status,
	        .pid = pid,
	        .detail = detail,
	};
	audit_hash(audit_at(audit.last_sequence), &made);
	if (sequence > AUDIT_RECORDS_MAX)
		audit_let_go(sequence - AUDIT_RECORDS_MAX);
	*audit_at(sequence) = made;
	audit.last_sequence = sequence;
	audit.refusals_waiting += audit_is_refusal(event);
}

/* Before whatever comes after them. */
static void audit_add_lost(void)
{
	if (!audit.refusals_lost || audit.refusals_waiting == AUDIT_REFUSALS_MAX)
		return;
	audit_add(AUDIT_REFUSALS_LOST, 0, audit.refusals_lost, ERR_ACCESS_DENIED);
	audit.refusals_lost = 0;
}

void audit_append(uint32_t event, uint64_t pid, uint64_t detail, enum status status)
{
	bool is_refusal = audit_is_refusal(event), fills = false;
	spinlock_acquire(&audit.lock);
	audit_add_lost();
	if (is_refusal && audit.refusals_waiting == AUDIT_REFUSALS_MAX) {
		audit.refusals_lost++;
	} else {
		audit_add(event, pid, detail, status);
		/* once on the way up: reading begins anew */
		fills = is_refusal && audit.refusals_waiting == AUDIT_REFUSALS_MAX / 2;
	}
	spinlock_release(&audit.lock);
	if (fills)
		ipc_operations()->audit_fills();
}

size_t audit_read(uint64_t first, struct audit_record *out_records, size_t capacity)
{
	spinlock_acquire(&audit.lock);
	uint64_t last = audit.last_sequence;
	uint64_t oldest = last < AUDIT_RECORDS_MAX ? 1 : last - AUDIT_RECORDS_MAX + 1;
	size_t count = 0;
	for (uint64_t at = first > oldest ? first : oldest; at <= last && count < capacity; at++)
		out_records[count++] = *audit_at(at);
	if (count)
		audit_let_go(out_records[count - 1].sequence);
	audit_add_lost();
	spinlock_release(&audit.lock);
	return count;
}
