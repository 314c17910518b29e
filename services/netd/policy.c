#include "policy.h"

/* Linux's numbers. */
enum {
	KIND_STREAM = 1,
	KIND_DATAGRAM = 2,
	KIND_RAW = 3,
	KIND_SEQUENCED = 5,
	KIND_PACKET = 10,
	FAMILY_INTERNET = 2,
	FAMILY_INTERNET_6 = 10,
	FAMILY_NETLINK = 16,
	FAMILY_PACKET = 17,
};

/* has_protocols: a socket of this kind could be made. */
static const struct policy_row {
	uint64_t family, kind;
	bool needs_root, has_protocols;
} rows[] = {
        {FAMILY_INTERNET, KIND_STREAM, false, false},
        {FAMILY_INTERNET, KIND_DATAGRAM, false, false},
        {FAMILY_INTERNET, KIND_RAW, true, false},
        {FAMILY_INTERNET_6, KIND_STREAM, false, false},
        {FAMILY_INTERNET_6, KIND_DATAGRAM, false, false},
        {FAMILY_INTERNET_6, KIND_RAW, true, false},
        {FAMILY_NETLINK, KIND_DATAGRAM, false, false},
        {FAMILY_NETLINK, KIND_RAW, false, false},
        {FAMILY_PACKET, KIND_DATAGRAM, true, false},
        {FAMILY_PACKET, KIND_RAW, true, false},
};

static bool policy_knows_kind(uint64_t kind)
{
	return (kind >= KIND_STREAM && kind <= KIND_SEQUENCED) || kind == KIND_PACKET;
}

enum status policy_socket(const struct socket_question *question)
{
	bool known = false;
	if (!policy_knows_kind(question->kind))
		return ERR_INVALID_ARGS;
	for (size_t i = 0; i < COUNT(rows); i++) {
		known |= rows[i].family == question->family;
		if (rows[i].family != question->family || rows[i].kind != question->kind)
			continue;
		if (rows[i].needs_root && question->uid != 0)
			return ERR_NOT_PERMITTED;
		return rows[i].has_protocols ? OK : ERR_NO_ADDRESS_FAMILY;
	}
	return known ? ERR_NO_SUCH_SOCKET_KIND : ERR_NO_ADDRESS_FAMILY;
}

enum status policy_pair(const struct socket_question *question)
{
	enum status status = policy_socket(question);
	return status == OK ? ERR_NOT_SUPPORTED : status;
}
