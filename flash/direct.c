/* SPDX-License-Identifier: MIT
 *
 * The controller's own operations, with words for what went wrong.
 */
#include "flash/direct.h"

enum { SLACK_US = 20000 };	/* for the exchanges around an operation */

static int explain_operation(const struct flash_device *device, int err, const char *doing,
			     uint32_t address, uint32_t status, struct why *why)
{
	char words[200];

	if (err != E_FLASH)
		return explain(why, err, "%s at 0x%08X: %s", doing, address, error_text(err));
	device->controller->status_text(status, words, sizeof words);
	return explain(why, err, "%s at 0x%08X: %s", doing, address, words);
}

int direct_erase(const struct flash_device *device, const struct flash_operation *operation,
		 struct flash_duration duration, struct why *why)
{
	uint32_t status = 0;
	int err = device->controller->erase(device, operation,
					    (uint64_t)duration.maximum_us + SLACK_US, &status);

	return err ? explain_operation(device, err, "erasing", operation->address, status, why) : 0;
}

int direct_program(const struct flash_device *device, const struct flash_piece *piece, struct why *why)
{
	uint32_t status = 0, done = 0;
	int err = device->controller->program(device, piece->address, piece->data, piece->length, &done,
					      &status);

	return err ? explain_operation(device, err, "programming", piece->address + done, status, why)
		   : 0;
}
