/* Reading the kernel's audit record: is its chain whole, and what does it hold? */
#include "rootd.h"
#include <sha256/api.h>
#include <stddef.h>
#include <string.h>

struct audit_walk {
	uint64_t next; /* sequence number */
	uint8_t hash[SHA256_BYTES]; /* of the record before */
	uint64_t counts[AUDIT_REPLY_REFUSED + 1]; /* by event */
	bool whole;
};

static void audit_walk_record(struct audit_walk *walk, const struct audit_record *record)
{
	struct sha256 state;
	uint8_t hash[SHA256_BYTES];
	sha256_init(&state);
	sha256_update(&state, walk->hash, sizeof walk->hash);
	sha256_update(&state, record, offsetof(struct audit_record, hash));
	sha256_finish(&state, hash);
	/* the first one that is left of a long record has no predecessor to prove it */
	bool is_proved = walk->next != 1 || record->sequence == 1;
	if (is_proved)
		walk->whole &= record->sequence == walk->next &&
		               memcmp(hash, record->hash, sizeof hash) == 0;
	memcpy(walk->hash, record->hash, sizeof walk->hash);
	walk->next = record->sequence + 1;
	if (record->event < COUNT(walk->counts))
		walk->counts[record->event]++;
}

void rootd_report_audit(struct root_service *self)
{
	struct audit_walk walk = {.next = 1, .whole = true};
	struct audit_record records[AUDIT_READ_MAX];
	uint64_t count = 0;
	do {
		enum status status = rustos_audit_read(walk.next, records, COUNT(records), &count);
		if (status != OK) {
			print("rootd: cannot read the audit record: %s\n", status_name(status));
			programs_note_status(&self->table, 1);
			return;
		}
		for (uint64_t i = 0; i < count; i++)
			audit_walk_record(&walk, &records[i]);
	} while (count);
	print("rootd: audit records=%lu chain=%s grants=%lu revocations=%lu refusals=%lu\n",
	      walk.next - 1, walk.whole ? "whole" : "broken", walk.counts[AUDIT_GRANT],
	      walk.counts[AUDIT_REVOKE],
	      walk.counts[AUDIT_CAPABILITY_REFUSED] + walk.counts[AUDIT_REGISTER_REFUSED] +
	              walk.counts[AUDIT_LOOK_UP_REFUSED] + walk.counts[AUDIT_REPLY_REFUSED]);
	if (!walk.whole)
		programs_note_status(&self->table, 1);
}
