/* The first tree of vfsd from any archive: it is built or refused, and its tables agree. */
#include "vfs_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vfs_service service;
	struct build_outcome outcome;
	char *bytes = malloc(size + !size); /* of its exact size, so that its end is seen */
	void *tables = vfs_tables_clear(&service.tree.store);
	require(bytes);
	if (size)
		memcpy(bytes, data, size);
	service = (struct vfs_service){.archive = {bytes, size}};
	store_create(&service.tree.store, tables);
	enum status status = build_tree(&service, 1, &outcome);
	require(status == OK || status == ERR_INVALID_ARGS || status == ERR_NO_SPACE);
	require(store_sound(&service.tree.store));
	free(bytes);
	return 0;
}
