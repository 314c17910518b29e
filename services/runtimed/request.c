/* Which requests are sound: each field that an operation does not use is 0. */
#include "runtimed.h"

/* What an operation uses. */
static const struct request_rule {
	uint16_t op;
	uint16_t kinds[2]; /* one of them; 0: none other */
	bool has_value, has_text;
} request_rules[] = {
        {RUNTIME_OP_SNAPSHOT, {0, 0}, false, false},
        {RUNTIME_OP_LAUNCH, {RUNTIME_TARGET_NEW_SESSION, RUNTIME_TARGET_NEW_SESSION}, false, true},
        {RUNTIME_OP_TERMINATE, {RUNTIME_TARGET_SESSION, RUNTIME_TARGET_PID}, true, false},
        {RUNTIME_OP_NOTIFY_READY,
         {RUNTIME_TARGET_UI_SERVER, RUNTIME_TARGET_UI_SERVER},
         false,
         false},
        {RUNTIME_OP_WATCH, {0, 0}, false, false},
        {RUNTIME_OP_CONSOLE, {RUNTIME_TARGET_SESSION, RUNTIME_TARGET_SESSION}, true, false},
};

static const struct request_rule *request_rule_of(uint16_t op)
{
	for (size_t i = 0; i < COUNT(request_rules); i++)
		if (request_rules[i].op == op)
			return &request_rules[i];
	return NULL;
}

struct str runtime_request_text(const struct runtime_request *request)
{
	return (struct str){(const char *)request->text, request->text_len};
}

/* Printable ASCII without backslash, and zeros behind it. */
static bool request_text_is_sound(const struct runtime_request *request)
{
	if (request->text_len > RUNTIME_TEXT_MAX)
		return false;
	for (uint32_t i = 0; i < RUNTIME_TEXT_MAX; i++) {
		uint8_t byte = request->text[i];
		bool fine = byte >= ' ' && byte <= '~' && byte != '\\';
		if (i < request->text_len ? !fine : byte != 0)
			return false;
	}
	return true;
}

enum status runtime_request_check(const struct runtime_request *request)
{
	if (request->version != RUNTIME_VERSION)
		return ERR_PROTOCOL;
	const struct request_rule *rule = request_rule_of(request->op);
	if (!rule || request->reserved0 || request->reserved1 || !request_text_is_sound(request))
		return ERR_INVALID_ARGS;
	bool kind =
	        request->target_kind == rule->kinds[0] || request->target_kind == rule->kinds[1];
	bool value = (request->target_value != 0) == rule->has_value;
	bool text = (request->text_len != 0) == rule->has_text;
	return kind && value && text ? OK : ERR_INVALID_ARGS;
}
