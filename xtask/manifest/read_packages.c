/*
 * Reading many manifests on all processors.
 *
 * Each thread takes a run of the files and has memory and diagnostics of its own. They are
 * joined in order, so that nothing depends on which thread was first.
 */
#include "manifest/check/check.h"
#include "os/files.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* A thread costs as much as reading some ten files. */
enum { FILES_A_THREAD = 64, THREADS_MAX = 4 };

struct share {
	pthread_t thread;
	bool started;
	struct arena arena;
	struct diag diag;
	const struct str *files;
	size_t file_count;
	const struct strs *libs;
	struct package *packages; /* room for every file */
	size_t count; /* files that could be read */
};

static void *share_read(void *data)
{
	struct share *s = data;
	for (size_t i = 0; i < s->file_count; i++) {
		const struct source *source =
		        source_open(&s->arena, s->files[i].ptr, (struct span){}, &s->diag);
		if (source)
			package_read(&s->arena, source, s->libs, &s->packages[s->count++],
			             &s->diag);
	}
	return NULL;
}

static size_t share_count(size_t files)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = files / FILES_A_THREAD + 1;
	size_t most = processors > 1 && processors < THREADS_MAX ? (size_t)processors
	                                                         : (size_t)THREADS_MAX;
	if (processors < 2)
		most = 1;
	return count < most ? count : most;
}

static void shares_start(struct share *shares, size_t count, const struct manifests *manifests,
                         const struct strs *libs)
{
	size_t files = manifests->files.count;
	for (size_t i = 0; i < count; i++) {
		size_t first = files * i / count, end = files * (i + 1) / count;
		struct share *s = &shares[i];
		s->files = manifests->files.items + first;
		s->file_count = end - first;
		s->libs = libs;
		s->packages = manifests->packages + first;
		host_arena_init(&s->arena);
		diag_init(&s->diag, &s->arena);
		/* The first is for this thread, as is one that no thread could be had for. */
		s->started = i && pthread_create(&s->thread, NULL, share_read, s) == 0;
	}
}

void packages_read_all(struct arena *a, struct manifests *manifests, const struct strs *libs,
                       struct diag *d)
{
	size_t count = share_count(manifests->files.count);
	struct share *shares = ARENA_ARRAY(a, struct share, count);
	manifests->packages = ARENA_ARRAY(a, struct package, manifests->files.count);
	shares_start(shares, count, manifests, libs);
	for (size_t i = 0; i < count; i++) {
		struct share *s = &shares[i];
		if (s->started)
			pthread_join(s->thread, NULL);
		else
			share_read(s);
		memmove(manifests->packages + manifests->count, s->packages,
		        s->count * sizeof *s->packages);
		manifests->count += s->count;
		arena_join(a, &s->arena);
		s->diag.arena = a;
		diag_join(d, &s->diag);
	}
}
