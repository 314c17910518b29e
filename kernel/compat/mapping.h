/* Files as memory. Private to compat. */
#pragma once

#include "ps/api.h"
#include "vm/api.h"

/*
 * Whether the file may be mapped as the request's rights and flags say: then request has its pages,
 * which are the file's. ERR_ACCESS_DENIED: not opened for that; ERR_NO_DEVICE: it has none.
 */
enum status mapping_of_file(struct file *file, struct vm_request *request);
