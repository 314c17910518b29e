/*
 * Readers of what the engine finds on disk: journal, snapshot, dependency files.
 *
 * The first byte chooses. Checksums are put right first, or nothing behind them is reached.
 */
#include "engine/graph/depfile.h"
#include "engine/state/journal.h"
#include "engine/state/record.h"
#include "engine/state/snapshot.h"
#include "os/files.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD_HEADER = 16, JOURNAL_HEADER = 12 };

/* Lengths, generations and checksums as a writer would have set them. */
static void mend_journal(char *bytes, size_t size)
{
	uint32_t generation;
	if (size < JOURNAL_HEADER)
		return;
	memcpy(bytes, "xtaskJ02", 8);
	memcpy(&generation, bytes + 8, sizeof generation);
	for (size_t at = JOURNAL_HEADER; size - at > RECORD_HEADER;) {
		uint32_t length;
		memcpy(&length, bytes + at, sizeof length);
		length = length % (uint32_t)(size - at - RECORD_HEADER) + 1;
		struct str payload = {bytes + at + RECORD_HEADER, length};
		uint64_t checksum = record_checksum(payload) ^ generation;
		memcpy(bytes + at, &length, sizeof length);
		memcpy(bytes + at + 4, &generation, sizeof generation);
		memcpy(bytes + at + 8, &checksum, sizeof checksum);
		at += RECORD_HEADER + length;
	}
}

static void read_journal(struct arena *a, struct str bytes)
{
	struct file_table files;
	file_table_init(&files, a);
	struct journal j = {.files = &files, .fd = -1};
	size_t good;
	journal_parse(&j, bytes, &good);
	if (good > bytes.len)
		abort();
	for (size_t i = 0; i < files.count; i++) {
		const struct trace *trace = files.files[i]->trace;
		for (size_t k = 0; trace && k < trace->output_count; k++)
			if (!trace->outputs[k].file->path.len)
				abort();
	}
}

static void mend_snapshot(char *bytes, size_t size)
{
	struct snapshot_header header;
	if (size < sizeof header)
		return;
	memcpy(&header, bytes, sizeof header);
	memcpy(header.magic, "xtaskS02", sizeof header.magic);
	header.size = size;
	size_t entries_max = (size - sizeof header) / sizeof(struct snapshot_entry);
	header.entry_count %= (uint32_t)entries_max + 1;
	size_t left = size - sizeof header - header.entry_count * sizeof(struct snapshot_entry);
	header.paths_size %= left + 1;
	header.identity_size = left - header.paths_size;
	memcpy(bytes, &header, sizeof header);
	size_t skipped = offsetof(struct snapshot_header, entry_count);
	header.checksum = record_checksum((struct str){bytes + skipped, size - skipped});
	memcpy(bytes, &header, sizeof header);
}

static void read_snapshot(struct str bytes)
{
	struct snapshot s;
	if (!snapshot_parse(bytes, &s))
		return;
	size_t len = s.identity.len;
	for (size_t i = 0; i < s.header->entry_count; i++)
		len += strlen(snapshot_path(&s, &s.entries[i]));
	if (len > bytes.len * (s.header->entry_count + 1u))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct arena a;
	host_arena_init(&a);
	size_t len = size - 1;
	char *bytes = malloc(len + 1);
	memcpy(bytes, data + 1, len);
	struct strs paths;
	switch (data[0] % 5) {
	case 0:
		read_journal(&a, (struct str){bytes, len});
		break;
	case 1:
		mend_journal(bytes, len);
		read_journal(&a, (struct str){bytes, len});
		break;
	case 2:
		read_snapshot((struct str){bytes, len});
		break;
	case 3:
		mend_snapshot(bytes, len);
		read_snapshot((struct str){bytes, len});
		break;
	default:
		(void)depfile_parse(&a, (struct str){bytes, len}, &paths);
	}
	free(bytes);
	arena_release(&a);
	return 0;
}
