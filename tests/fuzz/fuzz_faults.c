/* SPDX-License-Identifier: MIT
 *
 * The text of a fault schedule, and of a list of mishaps.
 */
#include "probe/virtual/faults.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct faults faults;
	struct why why;

	memcpy(text, data, size);
	text[size] = 0;
	if (faults_parse(&faults, text, &why) && faults.count)
		abort();
	faults_add_mishaps(&faults, text, &why);
	if (faults.count > FAULT_RULES_MAX)
		abort();
	free(text);
	return 0;
}
