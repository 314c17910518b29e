/*
 * What QEMU's control channel says, in one piece and in two: the same comes of both. The first two
 * bytes choose where it is parted, and whether a picture is being waited for.
 */
#include "qemu/session/monitor.h"
#include "require.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOWHERE = -1 }; /* what the monitor would send is thrown away */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct monitor whole, parted;
	if (size < 2)
		return 0;
	struct str bytes = {(const char *)data + 2, size - 2};
	size_t cut = bytes.len * data[0] / 255;
	memset(&whole, 0, sizeof whole);
	whole.ready = whole.screenshot_pending = data[1] & 1;
	parted = whole;
	monitor_feed(&whole, NOWHERE, bytes);
	monitor_feed(&parted, NOWHERE, str_slice(bytes, 0, cut));
	monitor_feed(&parted, NOWHERE, str_slice(bytes, cut, bytes.len));
	require(memcmp(&whole, &parted, sizeof whole) == 0);
	require(whole.len <= sizeof whole.line);
	require(memchr(whole.screenshot_error, '\0', sizeof whole.screenshot_error));
	return 0;
}
