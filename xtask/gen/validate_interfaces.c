/* Checks of registry/interfaces: names, numbers, what requests and replies begin with. */
#include "gen/registry.h"

static void validate_numbers(const struct registry_interface *i, struct diag *d)
{
	ROWS(struct registry_operation, each, i->operations) {
		ROWS(struct registry_operation, other, i->operations) {
			if (other == each)
				break;
			if (each->number.span.source && other->number.span.source &&
			    each->number.value == other->number.value)
				diag_error(d, each->number.span,
				           registry_first_at(d->arena, other->number.span),
				           "operation '%.*s' has the number of '%.*s'",
				           STR_ARG(each->row.name.value),
				           STR_ARG(other->row.name.value));
		}
	}
}

/* The service loop writes the status into a reply without knowing its structure. */
static void validate_reply(const struct registry_interface *i, struct diag *d)
{
	const struct registry_struct *reply = registry_find_struct(&i->structs, i->reply.value);
	const struct registry_field *first = reply ? reply->fields.items : NULL;
	const struct registry_field *second = reply && reply->fields.count > 1 ? first + 1 : NULL;
	if (!reply)
		return;
	if (!first || !str_equal(first->row.name.value, STR("status")) ||
	    first->type.value != TYPE_I32 || !second ||
	    !str_equal(second->row.name.value, STR("len")) || second->type.value != TYPE_U32)
		diag_error(d, reply->row.name.span, STR("the loop of services fills them in"),
		           "a reply begins with `status`, an i32, and `len`, a u32");
}

static void validate_interface(struct arena *a, const struct registry *r,
                               const struct registry_interface *i, struct diag *d)
{
	const struct name_list *structs =
	        NAME_LIST("structure", struct registry_struct, i->structs);
	registry_validate_names(a, NAME_LIST("operation", struct registry_operation, i->operations),
	                        "", d);
	registry_validate_constants(a, &i->constants, d);
	registry_validate_structs(a, r, &i->structs, d);
	registry_expect_name(a, r, NAME_LIST("service", struct registry_service, r->services),
	                     i->service, d);
	registry_expect_name(a, r, structs, i->request, d);
	registry_expect_name(a, r, structs, i->reply, d);
	validate_numbers(i, d);
	validate_reply(i, d);
}

bool registry_validate_interfaces(struct arena *a, const struct registry *r, struct diag *d)
{
	size_t errors = d->errors;
	const struct toml_list all = {r->interfaces, r->interface_count, {}};
	registry_validate_names(a, NAME_LIST("interface", struct registry_interface, all), "", d);
	for (size_t i = 0; i < r->interface_count; i++)
		validate_interface(a, r, &r->interfaces[i], d);
	return d->errors == errors;
}
