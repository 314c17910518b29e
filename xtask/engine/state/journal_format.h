/* Layout of the journal; private to its reader and its writer. See journal.h. */
#pragma once

#include "engine/state/journal.h"

enum {
	JOURNAL_HEADER_BYTES = 12, /* magic, generation */
	RECORD_HEADER_BYTES = 16, /* length, generation, checksum */
};
#define JOURNAL_MAGIC "xtaskJ02"

enum record_kind { RECORD_PATH = 1, RECORD_TRACE, RECORD_GONE, RECORD_TOOL };

/* Gives the file the next path number, as its path record does in the file. */
void journal_number(struct journal *j, struct tracked_file *f);
