/* Headers of an interface: what both sides share, and the service's table of operations. */
#include "gen/emit.h"

static struct str upper(struct arena *a, const struct registry_interface *i)
{
	return registry_symbol(a, i->row.name.value);
}

static int64_t service_id(const struct registry *r, struct str name)
{
	ROWS(struct registry_service, each, r->services)
		if (str_equal(each->row.name.value, name))
			return each->id.value;
	return 0;
}

static int64_t operation_count(const struct registry_interface *i)
{
	int64_t count = 0;
	ROWS(struct registry_operation, each, i->operations)
		if (each->number.value >= count)
			count = each->number.value + 1;
	return count;
}

static void add_operations(struct text *t, const struct registry_interface *i)
{
	struct str prefix = upper(t->arena, i);
	uint64_t idempotent = 0;
	text_addf(t, "\n/* op of the message header. */\nenum %.*s_operation {\n",
	          STR_ARG(i->row.name.value));
	ROWS(struct registry_operation, each, i->operations) {
		if (each->state.value == STATE_RETIRED)
			continue;
		text_addf(t, "\t%.*s_%.*s = %lld, /* %s: %.*s */\n", STR_ARG(prefix),
		          STR_ARG(registry_symbol(t->arena, each->row.name.value)),
		          (long long)each->number.value, registry_state_name(each->state.value),
		          STR_ARG(each->row.doc.value));
		if (each->idempotent.value)
			idempotent |= 1ull << each->number.value;
	}
	text_addf(t, "\t%.*s_OPERATION_COUNT = %lld,\n};\n", STR_ARG(prefix),
	          (long long)operation_count(i));
	text_addf(t,
	          "\n/* Bit of an operation set: a request that a dying service took is sent "
	          "again. */\n"
	          "#define %.*s_IDEMPOTENT UINT64_C(0x%llx)\n",
	          STR_ARG(prefix), (unsigned long long)idempotent);
	text_addf(t,
	          "\n/* Initialiser of an array of %.*s_OPERATION_COUNT C strings; NULL where "
	          "there is "
	          "none. */\n#define %.*s_OPERATION_NAMES \\\n\t{ \\\n",
	          STR_ARG(prefix), STR_ARG(prefix));
	ROWS(struct registry_operation, each, i->operations)
		text_addf(t, "\t\t[%lld] = \"%.*s\", \\\n", (long long)each->number.value,
		          STR_ARG(each->row.name.value));
	text_addf(t, "\t}\n");
}

struct str emit_interface(struct arena *a, const struct registry *r,
                          const struct registry_interface *i)
{
	struct text t = {.arena = a};
	struct str prefix = upper(a, i);
	emit_start(&t, arena_c_str(a, i->path), true);
	text_addf(&t,
	          "#include <stddef.h>\n#include <stdint.h>\n\n/* %.*s */\nenum {\n"
	          "\t%.*s_SERVICE = %lld, /* %.*s answers */\n};\n",
	          STR_ARG(i->row.doc.value), STR_ARG(prefix),
	          (long long)service_id(r, i->service.value), STR_ARG(i->service.value));
	add_operations(&t, i);
	emit_constants(&t, &i->constants);
	emit_structs(&t, &i->structs);
	return text_str(&t);
}

static void add_prototype(struct text *t, const struct registry_interface *i,
                          const struct registry_operation *operation)
{
	struct str name = i->row.name.value, op = operation->row.name.value;
	text_addf(t,
	          "\n/* %.*s */\n"
	          "enum status %.*s_op_%.*s(struct %.*s_service *self, const struct %.*s *in,\n"
	          "\t\tstruct %.*s *out, struct service_call *call);\n"
	          "static inline enum status %.*s_run_%.*s(void *self, const void *in, void *out,\n"
	          "\t\tstruct service_call *call)\n"
	          "{\n\treturn %.*s_op_%.*s(self, in, out, call);\n}\n",
	          STR_ARG(operation->row.doc.value), STR_ARG(name), STR_ARG(op), STR_ARG(name),
	          STR_ARG(i->request.value), STR_ARG(i->reply.value), STR_ARG(name), STR_ARG(op),
	          STR_ARG(name), STR_ARG(op));
}

struct str emit_interface_service(struct arena *a, const struct registry *r,
                                  const struct registry_interface *i)
{
	struct text t = {.arena = a};
	struct str name = i->row.name.value, prefix = upper(a, i);
	(void)r;
	emit_start(&t, arena_c_str(a, i->path), true);
	text_addf(&t,
	          "#include <abi/status.h>\n#include <abi/%.*s.h>\n#include <service/api.h>\n\n"
	          "/* The state of the service, which defines it. */\nstruct %.*s_service;\n",
	          STR_ARG(name), STR_ARG(name));
	ROWS(struct registry_operation, each, i->operations)
		if (each->state.value == STATE_LIVE)
			add_prototype(&t, i, each);
	text_addf(&t,
	          "\nstatic const struct service_operation %.*s_operations[%.*s_OPERATION_COUNT] = "
	          "{\n",
	          STR_ARG(name), STR_ARG(prefix));
	ROWS(struct registry_operation, each, i->operations)
		if (each->state.value == STATE_LIVE)
			text_addf(&t, "\t[%lld] = {\"%.*s\", %.*s_run_%.*s},\n",
			          (long long)each->number.value, STR_ARG(each->row.name.value),
			          STR_ARG(name), STR_ARG(each->row.name.value));
	text_addf(&t,
	          "};\n\nstatic const struct service_interface %.*s_interface = {\n"
	          "\t.name = \"%.*s\",\n\t.service = %.*s_SERVICE,\n"
	          "\t.request_size = sizeof(struct %.*s),\n\t.reply_size = sizeof(struct %.*s),\n"
	          "\t.operations = %.*s_operations,\n\t.operation_count = "
	          "%.*s_OPERATION_COUNT,\n};\n",
	          STR_ARG(name), STR_ARG(name), STR_ARG(prefix), STR_ARG(i->request.value),
	          STR_ARG(i->reply.value), STR_ARG(name), STR_ARG(prefix));
	return text_str(&t);
}

struct str page_interface(struct arena *a, const struct registry_interface *i)
{
	struct text t = {.arena = a};
	struct str prefix = upper(a, i);
	page_head(&t, str_format(a, "Interface %.*s", STR_ARG(i->row.name.value)).ptr,
	          arena_c_str(a, i->path));
	text_addf(&t,
	          "\n%.*s %.*s answers. Requests begin with `struct %.*s`, replies with `struct "
	          "%.*s`.\n\n| op | name | again | |\n|---|---|---|---|\n",
	          STR_ARG(i->row.doc.value), STR_ARG(i->service.value), STR_ARG(i->request.value),
	          STR_ARG(i->reply.value));
	ROWS(struct registry_operation, each, i->operations) {
		text_addf(&t, "| %lld | `%.*s_%.*s` | %s | ", (long long)each->number.value,
		          STR_ARG(prefix), STR_ARG(registry_symbol(a, each->row.name.value)),
		          each->state.value != STATE_LIVE ? registry_state_name(each->state.value)
		          : each->idempotent.value        ? "yes"
		                                          : "no");
		page_cell(&t, each->row.doc.value);
		text_addf(&t, " |\n");
	}
	text_addf(&t, "\n`again`: whether a request that a dying service took is sent to its "
	              "successor; the others end with `ERR_IO`.\n");
	page_structs(&t, &i->structs);
	page_constants(&t, &i->constants);
	return text_str(&t);
}
