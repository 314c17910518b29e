#include "set_id.h"

enum { MODE_SET_USER = 04000, MODE_SET_GROUP = 02000, MODE_GROUP_EXECUTES = 0010 };

struct set_id set_id_decide(const struct set_id_file *file, const struct credentials_slot *who)
{
	const uint32_t group = MODE_SET_GROUP | MODE_GROUP_EXECUTES;
	return (struct set_id){
	        .euid = file->mode & MODE_SET_USER ? file->uid : who->euid,
	        .egid = (file->mode & group) == group ? file->gid : who->egid,
	};
}
