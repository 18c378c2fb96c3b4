/* SPDX-License-Identifier: MIT
 *
 * Build tool: prints a C file with the text of the chip files given, and the index of their names,
 * parts and ids by which the program chooses one without parsing it.
 */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(1);
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(1 << 20);

	if (!file || !text)
		fail(path, 0, "can't be read");
	*length = fread(text, 1, (1 << 20) - 1, file);
	text[*length] = 0;
	fclose(file);
	return text;
}

/* The text as string literals, a line each. */
static void print_text(const char *text, size_t length)
{
	printf("\t\t.text =\n\t\t\t\"");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			printf("\\n\"\n\t\t\t\"");
		else if (c == '"' || c == '\\' || c == '?' || c < ' ' || c > '~')
			printf("\\%03o", c);
		else
			putchar(c);
	}
	printf("\",\n\t\t.length = %zu,\n", length);
}

static const char *text_of(const char *file, config_setting_t *group, const char *key)
{
	const char *text;

	if (!config_setting_lookup_string(group, key, &text))
		fail(file, config_setting_source_line(group), key);
	return text;
}

static void print_parts(const char *file, config_setting_t *parts)
{
	printf("\t\t.parts = \"");
	for (int i = 0; parts && i < config_setting_length(parts); i++)
		printf("%s%s", i ? "," : "", text_of(file, config_setting_get_elem(parts, i), "name"));
	printf("\",\n");
}

static unsigned number_of(config_setting_t *group, const char *key)
{
	int value = 0;

	config_setting_lookup_int(group, key, &value);
	return (unsigned)value;
}

static void print_ids(config_setting_t *ids, unsigned core_ap)
{
	int count = ids ? config_setting_length(ids) : 0;

	printf("\t\t.ids = {\n");
	for (int i = 0; i < count; i++) {
		config_setting_t *id = config_setting_get_elem(ids, i);
		int has_ap = config_setting_get_member(id, "ap") != NULL;

		printf("\t\t\t{ 0x%08xu, 0x%xu, 0x%xu, 0x%xu, %u, %d },\n", number_of(id, "register"),
		       number_of(id, "mask"), number_of(id, "value"), number_of(id, "cpu"),
		       has_ap ? number_of(id, "ap") : core_ap, has_ap);
	}
	printf("\t\t},\n\t\t.id_count = %d,\n", count);
}

static void print_wake(config_setting_t *wake)
{
	if (wake)
		printf("\t\t.wake = { %u, 0x%08xu, 0x%xu, 0x%08xu },\n", number_of(wake, "ap"),
		       number_of(wake, "address"), number_of(wake, "set"), number_of(wake, "same"));
}

static void print_chip(const char *path)
{
	const char *slash = strrchr(path, '/');
	config_setting_t *root;
	config_t config;
	size_t length;
	char *text = read_file(path, &length);

	config_init(&config);
	if (!config_read_string(&config, text))
		fail(path, config_error_line(&config), config_error_text(&config));
	root = config_root_setting(&config);
	printf("\t{\n\t\t.file = \"%s\",\n\t\t.name = \"%s\",\n", slash ? slash + 1 : path,
	       text_of(path, root, "name"));
	print_parts(path, config_setting_get_member(root, "parts"));
	printf("\t\t.cpuid = 0x%08xu,\n\t\t.dpidr = 0x%08xu,\n", number_of(root, "cpuid"),
	       number_of(root, "dpidr"));
	printf("\t\t.ap = %u,\n\t\t.swd_khz = %u,\n", number_of(root, "ap"), number_of(root, "swd_khz"));
	print_wake(config_setting_get_member(root, "wake"));
	printf("\t\t.known_only = %d,\n", config_setting_get_member(root, "known_only") != NULL);
	print_ids(config_setting_get_member(root, "ids"), number_of(root, "ap"));
	print_text(text, length);
	printf("\t},\n");
	config_destroy(&config);
	free(text);
}

int main(int argc, char **argv)
{
	printf("/* Made by scripts/embed-chips.c from targets/chips. */\n"
	       "#include \"targets/chip.h\"\n\n"
	       "const struct chip_index chips_builtin[] = {\n");
	for (int i = 1; i < argc; i++)
		print_chip(argv[i]);
	printf("};\nconst size_t chips_builtin_count = sizeof(chips_builtin) / "
	       "sizeof(chips_builtin[0]);\n");
	return 0;
}
