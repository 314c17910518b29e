/* Which sockets there may be, and for whom. Knows no messages. */
#pragma once

#include <abi/status.h>
#include <base/api.h>

struct socket_question {
	uint64_t family, kind, protocol; /* as Linux numbers them; kind without flags */
	uint32_t uid;
};

/*
 * What socket(2) says. ERR_NO_ADDRESS_FAMILY: nobody has the family, or its protocols;
 * ERR_NO_SUCH_SOCKET_KIND: the family has no such kind; ERR_NOT_PERMITTED.
 */
enum status policy_socket(const struct socket_question *question);
/* What socketpair(2) says: only local ones are made in pairs. */
enum status policy_pair(const struct socket_question *question);
