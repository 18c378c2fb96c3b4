/* SPDX-License-Identifier: MIT
 *
 * Which program holds a device file. Private to probe/.
 */
#ifndef PROBE_USB_HOLDER_H
#define PROBE_USB_HOLDER_H

#include <stddef.h>

/* "openocd (process 1234)": the first process below proc ("/proc") that has node open, or "" when
 * none is seen: other people's processes can't be looked into. */
void usb_find_holder(const char *proc, const char *node, char *out, size_t size);

#endif
