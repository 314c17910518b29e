/* Brokers of devmgrd and inputd. */
#include "core/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <kernel/syscall_prototypes.h>

enum status sys_input_stats_broker(struct user_out stats)
{
	struct input_stats now;
	input_file_stats(&now);
	return user_copy_out(stats, &now);
}

enum status sys_device_list(struct user_out nodes, uint64_t *out_count)
{
	struct device_node list[DEVICE_LIST_MAX];
	*out_count = device_list(list, nodes.len / sizeof list[0]);
	return user_copy_out((struct user_out){nodes.addr, *out_count * sizeof list[0]}, list);
}

enum status sys_device_watch(uint64_t endpoint, uint64_t cookie)
{
	struct ipc_event *event;
	TRY(ipc_event_create(process_ipc(process_current()), endpoint, cookie, &event));
	device_watch(event);
	return OK;
}
