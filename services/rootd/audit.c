/* Reading the kernel's audit record as it grows: is its chain whole, and what does it hold? */
#include "rootd.h"
#include <stddef.h>
#include <string.h>

static bool audit_hash_fits(const struct audit_walk *walk, const struct audit_record *record)
{
	struct sha256 state;
	uint8_t hash[SHA256_BYTES];
	sha256_init(&state);
	sha256_update(&state, walk->hash, sizeof walk->hash);
	sha256_update(&state, record, offsetof(struct audit_record, hash));
	sha256_finish(&state, hash);
	return memcmp(hash, record->hash, sizeof hash) == 0;
}

static void audit_walk_record(struct audit_walk *walk, const struct audit_record *record)
{
	uint64_t expected = walk->sequence + 1;
	/* the first one behind a gap has no predecessor to prove it */
	if (record->sequence > expected)
		walk->lost += record->sequence - expected;
	else if (record->sequence < expected || !audit_hash_fits(walk, record))
		walk->broken = true;
	if (record->event == AUDIT_REFUSALS_LOST)
		walk->lost += record->detail;
	if (record->event < COUNT(walk->counts))
		walk->counts[record->event]++;
	memcpy(walk->hash, record->hash, sizeof walk->hash);
	walk->sequence = record->sequence;
	walk->records++;
}

enum status rootd_read_audit(struct root_service *self)
{
	/* all that there can be at once: more that comes meanwhile must not keep rootd here */
	enum { READS_MAX = AUDIT_RECORDS_MAX / AUDIT_READ_MAX + 1 };
	struct audit_record records[AUDIT_READ_MAX];
	struct audit_walk *walk = &self->audit;
	uint64_t count = COUNT(records);
	for (size_t reads = 0; reads < READS_MAX && count == COUNT(records); reads++) {
		TRY(rustos_audit_read(walk->sequence + 1, records, COUNT(records), &count));
		for (uint64_t i = 0; i < count; i++)
			audit_walk_record(walk, &records[i]);
	}
	return OK;
}

static const char *audit_chain_word(const struct audit_walk *walk)
{
	if (walk->broken)
		return "broken";
	return walk->lost ? "cut" : "whole";
}

void rootd_report_audit(struct root_service *self)
{
	const struct audit_walk *walk = &self->audit;
	enum status status = rootd_read_audit(self);
	if (status != OK) {
		print("rootd: cannot read the audit record: %s\n", status_name(status));
		programs_note_status(&self->table, 1);
	}
	print("rootd: audit records=%lu lost=%lu chain=%s grants=%lu revocations=%lu "
	      "refusals=%lu\n",
	      walk->records, walk->lost, audit_chain_word(walk), walk->counts[AUDIT_GRANT],
	      walk->counts[AUDIT_REVOKE],
	      walk->counts[AUDIT_CAPABILITY_REFUSED] + walk->counts[AUDIT_REGISTER_REFUSED] +
	              walk->counts[AUDIT_LOOK_UP_REFUSED] + walk->counts[AUDIT_REPLY_REFUSED]);
	if (walk->broken)
		programs_note_status(&self->table, 1);
}
