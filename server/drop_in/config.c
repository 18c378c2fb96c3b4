/* SPDX-License-Identifier: MIT
 *
 * Options from a file: words between blanks, "words with blanks", # until the end of the line.
 */
#include "server/drop_in/drop_in.h"

#include <errno.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

static int add(struct config_words *config, char *word, struct why *why)
{
	if (config->count == CONFIG_WORDS)
		return explain(why, E_ARGUMENT, "there are more than %d words", CONFIG_WORDS);
	config->words[config->count++] = word;
	config->words[config->count] = NULL;
	return 0;
}

static int read_text(struct config_words *config, const char *path, struct why *why)
{
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return explain(why, E_ARGUMENT, "%s: %s", path, strerror(errno));
	length = fread(config->text, 1, sizeof(config->text), file);
	fclose(file);
	if (length == sizeof(config->text))
		return explain(why, E_ARGUMENT, "%s: longer than %d bytes", path, CONFIG_SIZE - 1);
	config->text[length] = '\0';
	return 0;
}

int config_add_text(struct config_words *config, struct why *why)
{
	char *at = config->text;

	for (at += strspn(at, blanks); *at; at += strspn(at, blanks)) {
		const char *stop = *at == '"' ? "\"" : blanks;
		char *word = at += *at == '"';
		bool comment = *at == '#' && stop == blanks;

		at += strcspn(at, comment ? "\n" : stop);
		if (*at)
			*at++ = '\0';
		if (!comment && add(config, word, why))
			return E_ARGUMENT;
	}
	return 0;
}

static int add_file(struct config_words *config, const char *path, struct why *why)
{
	if (!path)
		return explain(why, E_ARGUMENT, "--config-file wants an argument");
	if (config->text[0])
		return explain(why, E_ARGUMENT, "one configuration file is enough");
	return read_text(config, path, why) || config_add_text(config, why) ? E_ARGUMENT : 0;
}

int config_expand(struct config_words *config, int argc, char **argv, struct why *why)
{
	int err = 0;

	config->count = 0;
	config->text[0] = '\0';
	for (int i = 0; i < argc && !err; i++) {
		if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config-file") == 0)
			err = add_file(config, argv[++i], why);
		else
			err = add(config, argv[i], why);
	}
	return err;
}
