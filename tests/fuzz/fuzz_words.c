/* SPDX-License-Identifier: MIT
 *
 * Configuration files of another server come from anywhere: any bytes must end in words that lie in the
 * text, or in a sentence.
 */
#include "server/drop_in/drop_in.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_words config;
	struct why why = { "" };

	if (size >= sizeof(config.text))
		return 0;
	memset(&config, 0, sizeof(config));
	memcpy(config.text, data, size);
	if (config_add_text(&config, &why)) {
		if (!why.text[0])
			abort();
		return 0;
	}
	for (int i = 0; i < config.count; i++)
		if (config.words[i] < config.text || config.words[i] + strlen(config.words[i]) > config.text + size)
			abort();
	if (config.words[config.count])
		abort();
	return 0;
}
