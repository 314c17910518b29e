/*
 * A certificate put into the firmware's variables: from then on it boots what that one signed, and
 * nothing else.
 *
 * Works on OVMF's variable file while it is empty of these variables, as Debian ships it. Formats:
 * UEFI PI 1.7, volume 3 (firmware volume); edk2, MdeModulePkg/Include/Guid/VariableFormat.h
 * (authenticated variables); UEFI 2.10, section 32.4.1 (signature lists).
 */
#pragma once

#include "os/text.h"

/*
 * store: the variable file; certificate: PEM. The result lives in a. EINVAL when the store is of
 * another kind or has a platform key already, ENOSPC when there is no room, EBADMSG when there is
 * no certificate.
 */
[[nodiscard]] int variables_enroll(struct arena *a, struct str store, struct str certificate,
                                   struct str *out_store, struct text *why);
