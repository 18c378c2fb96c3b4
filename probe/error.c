/* SPDX-License-Identifier: MIT
 *
 * The words for each error, and the two functions that put a sentence beside one.
 */
#include "probe/error.h"

#include "probe/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum error err;
	const char *text;
} words[] = {
	{ OK, "no error" },
	{ E_TIMEOUT, "timed out" },
	{ E_INTERRUPTED, "interrupted" },
	{ E_MEMORY, "out of memory" },
	{ E_ARGUMENT, "bad argument" },
	{ E_SYSTEM, "system call failed" },
	{ E_CONFIG, "bad chip file" },
	{ E_USB, "USB transfer failed" },
	{ E_GONE, "probe unplugged" },
	{ E_PROBE_BUSY, "probe held by another program" },
	{ E_PERMISSION, "no permission to open the probe" },
	{ E_NO_PROBE, "no such probe" },
	{ E_MANY_PROBES, "several probes match" },
	{ E_FIRMWARE, "not known to the probe's firmware" },
	{ E_PROTOCOL, "nonsensical answer from the probe" },
	{ E_NO_TARGET, "no target on SWD" },
	{ E_POWER, "debug domain does not power up" },
	{ E_WAIT, "target bus stays busy" },
	{ E_FAULT, "bus fault" },
	{ E_WIRE, "SWD transfer errors" },
	{ E_ALIGN, "not aligned" },
	{ E_AP, "access port not usable" },
	{ E_NOT_HALTED, "core not halted" },
	{ E_NO_RESET, "no reset seen" },
	{ E_NO_UNIT, "no free breakpoint or watchpoint unit" },
	{ E_CHIP, "chip unknown or without this feature" },
	{ E_LOCKUP, "core locked up" },
	{ E_IN_RESET, "core held in reset" },
	{ E_RANGE, "outside of the chip's memory" },
	{ E_PROTECTED, "protected" },
	{ E_FLASH, "flash controller error" },
	{ E_VERIFY, "verification failed" },
	{ E_LOCKED, "flash controller locked until reset" },
	{ E_LOADER, "loader on the target failed" },
	{ E_REFUSED, "refused" },
};

const char *error_text(int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].err == err)
			return words[i].text;
	return "unknown error";
}

int explain(struct why *why, int err, const char *format, ...)
{
	va_list args;

	if (!why)
		return err;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return err;
}

void explain_more(struct why *why, const char *format, ...)
{
	va_list args;
	size_t used;

	if (!why)
		return;
	used = strnlen(why->text, sizeof(why->text) - 1);
	va_start(args, format);
	vsnprintf(why->text + used, sizeof(why->text) - used, format, args);
	va_end(args);
}
