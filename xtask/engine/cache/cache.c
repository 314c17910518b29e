#include "engine/cache/cache.h"
#include "engine/action_key.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HTTP_OK = 200, HTTP_NOT_FOUND = 404 };

static void warn(struct cache *c, struct str what)
{
	diag_warning(c->run->diag, (struct span){}, STR(""), "cache: %.*s", STR_ARG(what));
}

struct cache *cache_open(struct run *r)
{
	const struct cache_settings *settings = &r->request->cache;
	struct cache *c = ARENA_NEW(&r->arena, struct cache);
	*c = (struct cache){.run = r, .folder = settings->folder, .remote = {.fd = -1}};
	if (!c->folder.len)
		return c;
	const char *key = arena_c_str(&r->arena, settings->key);
	int error = cache_signer_load(&r->arena, key, &c->signer);
	if (error) {
		run_error(r, "%s: %s", key, strerror(error));
		c->folder = STR("");
	}
	c->signer.trusted = settings->trusted;
	if (settings->url.len && !http_address_parse(&r->arena, settings->url, &c->remote)) {
		run_error(r, "cache: '%.*s' is not http://HOST:PORT/PATH", STR_ARG(settings->url));
		return c;
	}
	c->reads_remote = settings->url.len > 0 && !settings->ignore_remote;
	c->writes_remote = settings->url.len > 0 && settings->write;
	return c;
}

bool cache_takes(const struct cache *c, const struct step *s)
{
	return c->folder.len && !s->action->kind->run;
}

/* --- Names ------------------------------------------------------------------------------ */

static struct str blob_name(struct arena *a, const struct digest *digest)
{
	return str_format(a, "cas/%s", digest_hex(a, digest).ptr);
}

static struct str entry_name(struct arena *a, const struct digest *key)
{
	return str_format(a, "ac/%s", digest_hex(a, key).ptr);
}

static const char *local_path(struct cache *c, struct arena *a, struct str name)
{
	return str_format(a, "%.*s/%.*s", STR_ARG(c->folder), STR_ARG(name)).ptr;
}

/* The action's key, for one of the two entries. NULL or the file that can't be read. */
static bool key_for(struct cache *c, const struct step *s, const char *use,
                    struct tracked_file **discovered, size_t count, struct digest *out_key)
{
	struct arena a;
	struct digest key;
	if (action_key(c->run, s, discovered, count, &key))
		return false;
	host_arena_init(&a);
	*out_key = digest_bytes(str_format(&a, "%s %s", use, digest_hex(&a, &key).ptr));
	arena_release(&a);
	return true;
}

/* --- Reading ---------------------------------------------------------------------------- */

/* From the folder, or from the server; then it is kept in the folder. */
static bool fetch(struct cache *c, struct arena *a, struct str name, struct str *out_bytes,
                  bool *out_remote)
{
	struct http_answer answer;
	*out_remote = false;
	if (file_read(a, local_path(c, a, name), out_bytes) == 0) {
		/* When it was used last: what prune goes by. It counts no more than that. */
		(void)utimensat(AT_FDCWD, local_path(c, a, name), NULL, 0);
		return true;
	}
	if (!c->reads_remote)
		return false;
	int error = http_get(&c->remote, a, name, &answer);
	if (error || (answer.status != HTTP_OK && answer.status != HTTP_NOT_FOUND)) {
		warn(c, str_format(a, "%.*s: %s; it is left alone from here on",
		                   STR_ARG(c->run->request->cache.url),
		                   error ? strerror(error)
		                         : str_format(a, "status %d", answer.status).ptr));
		c->reads_remote = c->writes_remote = false;
		return false;
	}
	*out_remote = true;
	*out_bytes = answer.body;
	return answer.status == HTTP_OK;
}

static void keep_local(struct cache *c, struct arena *a, struct str name, struct str bytes)
{
	int error = file_write(local_path(c, a, name), bytes, 0644);
	if (error)
		warn(c, str_format(a, "%s: %s", local_path(c, a, name), strerror(error)));
}

/* What is wrong goes, or it would be refused again every time. */
static void refuse(struct cache *c, struct arena *a, const struct step *s, struct str name,
                   const char *why)
{
	struct str title = action_title(a, s->action);
	(void)unlink(local_path(c, a, name)); /* it may be the server's */
	warn(c, str_format(a, "%.*s of '%.*s' is refused: %s", STR_ARG(name), STR_ARG(title), why));
}

static bool entry_get(struct cache *c, struct arena *a, const struct step *s,
                      const struct digest *key, struct cache_entry *out_entry)
{
	struct str name = entry_name(a, key), text;
	const char *why;
	bool remote;
	if (!fetch(c, a, name, &text, &remote))
		return false;
	if (!cache_entry_read(a, text, key, &c->signer, out_entry, &why)) {
		refuse(c, a, s, name, why);
		return false;
	}
	if (remote)
		keep_local(c, a, name, text);
	return true;
}

static bool blob_get(struct cache *c, struct arena *a, const struct step *s,
                     const struct digest *digest, struct str *out_bytes)
{
	struct str name = blob_name(a, digest);
	bool remote;
	if (!fetch(c, a, name, out_bytes, &remote))
		return false;
	struct digest found = digest_bytes(*out_bytes);
	if (!digest_equal(&found, digest)) {
		refuse(c, a, s, name, "its bytes are others than its name says");
		return false;
	}
	if (remote)
		keep_local(c, a, name, *out_bytes);
	return true;
}

/* The files that its dependency file named last time, whoever ran it. */
static bool find_discovered(struct cache *c, struct job *j, const struct step *s)
{
	struct cache_entry entry;
	struct digest key;
	if (!s->action->depfile.len)
		return true;
	if (!key_for(c, s, "depends", NULL, 0, &key) || !entry_get(c, &j->arena, s, &key, &entry))
		return false;
	j->restored_files =
	        ARENA_ARRAY(&c->run->arena, struct tracked_file *, entry.depends.count + 1);
	for (size_t i = 0; i < entry.depends.count; i++) {
		struct tracked_file *f = file_table_get(&c->run->files, entry.depends.items[i]);
		if (f->producer != NO_ACTION && c->run->steps[f->producer].state != STEP_DONE)
			return false; /* it is not what will be read */
		j->restored_files[j->restored_count++] = f;
	}
	return true;
}

bool cache_restore(struct cache *c, struct job *j)
{
	const struct step *s = &c->run->steps[j->step];
	struct cache_entry entry;
	struct digest key;
	if (!find_discovered(c, j, s) ||
	    !key_for(c, s, "outputs", j->restored_files, j->restored_count, &key) ||
	    !entry_get(c, &j->arena, s, &key, &entry))
		return false;
	if (entry.output_count != s->action->outputs.count) {
		refuse(c, &j->arena, s, entry_name(&j->arena, &key), "it has other outputs");
		return false;
	}
	for (size_t i = 0; i < entry.output_count; i++) {
		struct str bytes;
		if (!blob_get(c, &j->arena, s, &entry.outputs[i].digest, &bytes) ||
		    file_write(j->temporary[i].ptr, bytes, entry.outputs[i].mode) != 0)
			return false;
	}
	j->restored_us = entry.duration_us;
	j->restored = true;
	return true;
}

/* --- Writing ---------------------------------------------------------------------------- */

static void keep_entry(struct cache *c, struct arena *a, struct cache_entry *entry,
                       const struct digest *key)
{
	entry->key = *key;
	struct str name = entry_name(a, key), text = cache_entry_write(a, entry, &c->signer);
	if (!text.len)
		return;
	keep_local(c, a, name, text);
	strs_add(&c->fresh, &c->run->arena, arena_str(&c->run->arena, name));
}

static bool keep_output(struct cache *c, struct arena *a, const struct trace_output *output,
                        struct cache_output *out)
{
	struct str bytes;
	struct stat st;
	struct digest now;
	const char *path = output->file->path.ptr;
	if (file_read(a, path, &bytes) != 0 || stat(path, &st) < 0)
		return false;
	now = digest_bytes(bytes);
	*out = (struct cache_output){output->digest, st.st_mode & 0777};
	if (!digest_equal(&now, &output->digest))
		return false; /* somebody wrote there meanwhile */
	struct str name = blob_name(a, &now);
	if (!file_exists(local_path(c, a, name)))
		keep_local(c, a, name, bytes);
	strs_add(&c->fresh, &c->run->arena, arena_str(&c->run->arena, name));
	return true;
}

static bool can_be_named(const struct trace *trace)
{
	for (size_t i = 0; i < trace->discovered_count; i++)
		if (str_contains(trace->discovered[i]->path, '\n'))
			return false;
	return true;
}

void cache_keep(struct cache *c, const struct step *s)
{
	struct arena a;
	struct digest key;
	const struct trace *trace = s->trace;
	struct cache_entry depends = {.duration_us = trace->duration_us}, outputs = depends;
	if (!trace->valid || !can_be_named(trace))
		return;
	host_arena_init(&a);
	outputs.outputs = ARENA_ARRAY(&a, struct cache_output, trace->output_count);
	bool good = true;
	for (size_t i = 0; i < trace->output_count && good; i++)
		good = keep_output(c, &a, &trace->outputs[i],
		                   &outputs.outputs[outputs.output_count++]);
	if (good && key_for(c, s, "outputs", trace->discovered, trace->discovered_count, &key))
		keep_entry(c, &a, &outputs, &key);
	for (size_t i = 0; i < trace->discovered_count; i++)
		strs_add(&depends.depends, &a, trace->discovered[i]->path);
	if (good && s->action->depfile.len && key_for(c, s, "depends", NULL, 0, &key))
		keep_entry(c, &a, &depends, &key);
	arena_release(&a);
}

/* Files first, so that no entry names what is not there. */
static void send(struct cache *c, struct str prefix)
{
	for (size_t i = 0; i < c->fresh.count && c->writes_remote; i++) {
		struct arena a;
		struct str bytes;
		struct http_answer answer = {};
		if (!str_starts_with(c->fresh.items[i], prefix))
			continue;
		host_arena_init(&a);
		int error = file_read(&a, local_path(c, &a, c->fresh.items[i]), &bytes);
		if (!error)
			error = http_put(&c->remote, &a, c->fresh.items[i], bytes, &answer);
		if (error || answer.status / 100 != 2) {
			warn(c, str_format(&a, "cannot write to %.*s: %s",
			                   STR_ARG(c->run->request->cache.url),
			                   error ? strerror(error)
			                         : str_format(&a, "status %d", answer.status).ptr));
			c->writes_remote = false;
		}
		arena_release(&a);
	}
}

void cache_close(struct cache *c)
{
	send(c, STR("cas/"));
	send(c, STR("ac/"));
	http_close(&c->remote);
}
