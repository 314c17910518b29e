#include "stage/overlay.h"
#include "os/files.h"

bool overlay_read(struct overlay *overlay, struct str path, struct str *out_content)
{
	struct str host = path_join(overlay->arena, str_from_c(overlay->folder), path);
	if (file_read(overlay->arena, host.ptr, out_content) != 0)
		return false;
	strs_add(&overlay->inputs, overlay->arena, host);
	return true;
}
