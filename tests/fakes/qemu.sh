#!/bin/sh
# A QEMU for the launcher's tests. Descriptors 3, 4 and 5 are serial, debugcon and monitor, as the
# launcher hands them over; what is done with them stands in $FAKE_QEMU.
eval "$FAKE_QEMU"
