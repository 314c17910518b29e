/* What the audit record says of rights that were given, taken back, and refused. */
#include "first_caller.h"
#include <abi/services.h>

/* Of one process, but for what was lost: that is of all. */
struct audit_found {
	uint64_t granted, revoked, refused, lost;
	struct audit_record refusal; /* the last one */
	uint64_t as_service, as_devmgrd; /* what it had no right to as one */
};

static void audit_count(struct audit_found *found, const struct audit_record *record,
                        uint64_t refused_pid)
{
	bool is_right = record->pid == 1 && record->detail == IPC_SERVICE_ROOTD;
	found->granted += is_right && record->event == AUDIT_GRANT;
	found->revoked += is_right && record->event == AUDIT_REVOKE;
	if (record->event == AUDIT_REFUSALS_LOST)
		found->lost += record->detail;
	if (record->pid == refused_pid) {
		found->as_service += record->event == AUDIT_REGISTER_REFUSED;
		found->as_devmgrd += record->event == AUDIT_CAPABILITY_REFUSED &&
		                     record->detail == IPC_SERVICE_CAP_BIT_DEVICE_POLICY;
	}
	if (record->event != AUDIT_LOOK_UP_REFUSED || record->pid != refused_pid)
		return;
	found->refused++;
	found->refusal = *record;
}

/* From its first record to its last. */
static struct audit_found audit_find(uint64_t refused_pid)
{
	struct audit_record records[AUDIT_READ_MAX];
	struct audit_found found = {};
	uint64_t first = 1, count = 0;
	while (rustos_audit_read(first, records, AUDIT_READ_MAX, &count) == OK && count) {
		for (uint64_t i = 0; i < count; i++)
			audit_count(&found, &records[i], refused_pid);
		first = records[count - 1].sequence + 1;
	}
	return found;
}

/* Has the child's end been heard of, and that the record fills? */
static bool hear_end(uint64_t pid, bool *out_fills)
{
	struct lifecycle_record records[LIFECYCLE_DRAIN_MAX];
	uint64_t count = 0;
	bool ended = false;
	*out_fills = false;
	while (!ended) {
		if (rustos_lifecycle_drain_broker(records, LIFECYCLE_DRAIN_MAX,
		                                  LIFECYCLE_DRAIN_WAIT, 0, &count) != OK)
			return false;
		for (uint64_t i = 0; i < count; i++) {
			*out_fills |= records[i].event == LIFECYCLE_EVENT_AUDIT;
			ended |= records[i].event == LIFECYCLE_EVENT_EXIT && records[i].pid == pid;
		}
	}
	return true;
}

static void check_rights(struct tap *tap)
{
	uint64_t endpoint = 0;
	tap_check_equal(tap, rustos_ipc_endpoint_create(&endpoint), OK, "an endpoint");
	tap_check_equal(tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_ROOTD, endpoint), OK,
	                "becomes rootd's");
	/* takes the first registration back, and with it for a moment the capability */
	tap_check_equal(tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_ROOTD, endpoint), OK,
	                "and once more");
}

/* Is the last record this? */
static bool audit_ends_with(uint32_t event, uint64_t pid, uint64_t detail)
{
	struct audit_record records[AUDIT_READ_MAX], last = {};
	uint64_t count = 0;
	while (rustos_audit_read(last.sequence + 1, records, AUDIT_READ_MAX, &count) == OK && count)
		last = records[count - 1];
	return last.event == event && last.pid == pid && last.detail == detail;
}

void check_audit_content(struct tap *tap)
{
	static const char *const arguments[] = {CHILD, CHILD_ASKS, NULL};
	uint64_t pid = 0;
	bool fills = false;
	check_rights(tap);
	tap_check_equal(tap, rustos_spawn_exec(CHILD, arguments, NULL, 0, 0, 0, &pid), OK,
	                "a stranger starts");
	tap_check(tap, hear_end(pid, &fills), "asks for what is not its own, and ends");
	tap_check(tap, fills, "rootd is told while there is room");

	struct audit_found found = audit_find(pid);
	tap_check(tap, found.granted == 2 && found.revoked == 1,
	          "refusals without number push out no grant");
	tap_check(tap, found.refused > 0 && found.refused <= AUDIT_REFUSALS_MAX,
	          "some of them have a record");
	tap_check_equal(tap, (int64_t)(found.refused + found.lost), CHILD_QUESTIONS,
	                "and all others are counted");
	tap_check_equal(tap, (int64_t)found.as_devmgrd, 1,
	                "devices are kept from a stranger, seen");
	tap_check_equal(tap, (int64_t)found.as_service, 4, "and files and objects of services");
	tap_check(tap,
	          found.refusal.detail == IPC_SERVICE_ROOTD &&
	                  found.refusal.status == ERR_ACCESS_DENIED,
	          "a record says what was refused");

	const uint64_t nobodys = 0x12345601;
	tap_check_equal(tap, rustos_ipc_reply(nobodys, NULL, 0), ERR_BAD_HANDLE,
	                "nobody answers with what he has not received");
	tap_check(tap, audit_ends_with(AUDIT_REPLY_REFUSED, 1, nobodys), "nor unseen");
}

int ask_in_vain(void)
{
	struct device_node devices[1];
	struct vfs_held_node nodes[1];
	uint64_t endpoint, count;
	if (rustos_device_list(devices, 1, &count) != ERR_ACCESS_DENIED ||
	    rustos_vfs_drop_content(1, 1) != ERR_ACCESS_DENIED ||
	    rustos_vfs_list_nodes(0, nodes, 1, &count) != ERR_ACCESS_DENIED ||
	    rustos_service_keep(0, 0) != ERR_ACCESS_DENIED ||
	    rustos_service_kept(0, &count) != ERR_ACCESS_DENIED)
		return 1;
	for (int i = 0; i < CHILD_QUESTIONS; i++)
		if (rustos_ipc_lookup_service_endpoint(IPC_SERVICE_ROOTD, &endpoint) !=
		    ERR_ACCESS_DENIED)
			return 1;
	return 0;
}
