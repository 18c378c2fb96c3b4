/* SPDX-License-Identifier: MIT
 *
 * What a flash job is asked to do by default, and one line about what it did.
 */
#include "flash/flash.h"

#include <stdio.h>
#include <string.h>

void flash_options_default(struct flash_options *options)
{
	memset(options, 0, sizeof *options);
	options->verify = true;
	options->reset_after = true;
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* Appends to text; what does not fit is cut. */
static void add(char *text, size_t size, const char *words)
{
	size_t used = strlen(text);

	if (used < size)
		snprintf(text + used, size - used, "%s", words);
}

void flash_report_text(const struct flash_report *report, char *text, size_t size)
{
	double seconds = (double)report->total_us / 1e6;
	char part[80];

	snprintf(text, size, "%u bytes in %.1f s", report->bytes, seconds);
	if (report->bytes > report->skipped_bytes && report->total_us) {
		snprintf(part, sizeof part, " (%.1f KiB/s)", report->bytes / 1024.0 / seconds);
		add(text, size, part);
	}
	snprintf(part, sizeof part, ", %u sector%s erased", report->erased_sectors,
		 plural(report->erased_sectors));
	add(text, size, part);
	if (report->skipped_sectors) {
		snprintf(part, sizeof part, ", %u unchanged", report->skipped_sectors);
		add(text, size, part);
	}
	if (report->eeprom_bytes) {
		snprintf(part, sizeof part, ", %u byte%s of data EEPROM written", report->eeprom_bytes,
			 plural(report->eeprom_bytes));
		add(text, size, part);
	}
	if (!report->used_loader && report->bytes - report->skipped_bytes > report->eeprom_bytes)
		add(text, size, ", without a loader");
	if (report->parallel_bits == 8 && report->bytes > report->skipped_bytes)
		add(text, size, ", 8 bits at a time");
	add(text, size, report->verified ? ", verified" : ", not verified");
}
