/* cache: how large the folder of the artifact cache is; prune and clear throw out of it. */
#include "cmd/pipeline.h"
#include "engine/cache/storage.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KEEP_MIB = 1024, KEEP_MIB_MAX = 1 << 24, MIB_BITS = 20 };

static const struct option options_cache[] = {
        {"--keep", "MIB", "prune: what stays at most (default: 1024)"},
        {},
};

static const struct option *const options[] = {options_system, options_cache, NULL};

enum deed { SIZE, PRUNE, CLEAR, DEED_COUNT };

static bool deed_read(struct invocation *in, enum deed *out_deed)
{
	static const struct str names[DEED_COUNT] = {STR_INIT("size"), STR_INIT("prune"),
	                                             STR_INIT("clear")};
	struct str word = in->words.count ? in->words.items[0] : names[SIZE];
	for (size_t i = 0; i < DEED_COUNT; i++)
		if (str_equal(word, names[i])) {
			*out_deed = (enum deed)i;
			return true;
		}
	diag_error(in->diag, (struct span){}, diag_did_you_mean(in->diag, word, names, DEED_COUNT),
	           "a cache has size, prune and clear, not '%.*s'", STR_ARG(word));
	return false;
}

static int say(struct invocation *in, struct str folder, const struct cache_storage *s,
               size_t removed)
{
	size_t entries = 0, files = s->count - removed;
	for (size_t i = removed; i < s->count; i++) /* the oldest went first */
		entries += s->files[i].is_entry;
	if (in->json)
		printf("{\"command\":\"cache\",\"entries\":%zu,\"files\":%zu,\"bytes\":%llu,"
		       "\"removed\":%zu}\n",
		       entries, files - entries, (unsigned long long)s->bytes, removed);
	else
		printf("cache: %.*s: %zu entries, %zu files, %.1f MiB; %zu removed\n",
		       STR_ARG(folder), entries, files - entries,
		       (double)s->bytes / (1 << MIB_BITS), removed);
	return EXIT_DONE;
}

static int run_cache(struct invocation *in)
{
	struct pipeline p;
	struct cache_storage storage = {};
	enum deed deed;
	int64_t keep = KEEP_MIB;
	size_t removed = 0;
	pipeline_name(&p, in);
	if (!deed_read(in, &deed) || !option_number(in, "--keep", 0, KEEP_MIB_MAX, &keep) ||
	    !pipeline_read(&p))
		return EXIT_USAGE;
	struct str folder = p.config.cache.folder;
	if (!folder.len) {
		puts(in->json ? "{\"command\":\"cache\",\"folder\":null}"
		              : "cache: there is none; folder in [cache] of config/rustos.toml "
		                "makes one");
		return EXIT_DONE;
	}
	int error = cache_storage_read(in->arena, arena_c_str(in->arena, folder), &storage);
	if (error == ENOENT)
		error = 0; /* nothing was kept yet */
	if (!error && deed != SIZE)
		error = cache_storage_prune(
		        &storage, deed == CLEAR ? 0 : (uint64_t)keep << MIB_BITS, &removed);
	if (!error)
		return say(in, folder, &storage, removed);
	diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(folder),
	           strerror(error));
	return EXIT_FAILED;
}

const struct command command_cache = {
        .name = "cache",
        .group = GROUP_MORE,
        .summary = "say how large the artifact cache is, or throw things out of it",
        .usage = "[OPTIONS] [size|prune|clear]",
        .details =
                "prune removes what was used longest ago, until --keep MIB are left; clear removes "
                "everything.\nA build that misses something makes it again.\n",
        .example = "  xtask cache\n  xtask cache prune --keep 200\n",
        .options = options,
        .words_max = 1,
        .run = run_cache,
};
