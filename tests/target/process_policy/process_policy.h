/* procd, by its messages, and the brokers that it uses. */
#pragma once

#include <abi/process_policy.h>
#include <linux_calls/api.h>
#include <tap/api.h>

enum { COPY_RSP = 7, COPY_RIP = 8, COPY_RDI = 5, COPY_FLAGS = 17, NOBODY = 999 };

/* Asks procd; bytes stand behind the request, as many as len says. The status. */
struct policy_question {
	uint16_t operation;
	struct process_policy_request request;
	const void *bytes;
	size_t len;
};
int64_t ask_procd(const struct policy_question *question, struct process_policy_reply *out_reply);
uint64_t own_pid(void);

/* The whole life of the program when it has an argument: copies itself, and waits to be killed. */
int be_copied(void);
void check_copies(struct tap *tap);
void check_signals(struct tap *tap);
void check_groups(struct tap *tap);
/* In turn: no capability yet; then that of procd. */
void check_strangers(struct tap *tap);
void check_brokers(struct tap *tap);
