/* SPDX-License-Identifier: MIT
 *
 * "virtual:CHIP[,KEY=VALUE...]": which chip stands behind the virtual probe, and what is special
 * about it.
 */
#include "server/virtual/open.h"

#include "probe/bytes.h"
#include "probe/virtual/guesses.h"
#include "targets/chip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELECTOR_MAX = 1024, SUPPLY_MIN_MV = 1600, SUPPLY_MAX_MV = 3600 };

struct key {
	const char *name;
	size_t offset, size;		/* of a text in struct virtual_spec; size 0 = see set */
	int (*set)(struct virtual_spec *spec, struct chip *chip, const char *value,
		   struct why *why);
};

static int take_number(const char *key, const char *value, uint32_t *number, struct why *why)
{
	char *end;
	unsigned long got = strtoul(value, &end, strncmp(value, "0x", 2) ? 10 : 16);

	if (end == value || *end || *value == '-' || got > UINT32_MAX)
		return explain(why, E_ARGUMENT, "virtual probe: %s=%s is no number", key, value);
	*number = (uint32_t)got;
	return 0;
}

static int set_pace(struct virtual_spec *spec, struct chip *chip, const char *value,
		    struct why *why)
{
	(void)chip;
	if (strcmp(value, "real") != 0)
		return explain(why, E_ARGUMENT, "virtual probe: pace=real is all there is");
	spec->paced = true;
	return 0;
}

/* What nobody has confirmed of the H7: with SWAP_BANK, whether each bank takes its registers
 * along. */
static int set_swapped_registers(struct virtual_spec *spec, struct chip *chip, const char *value,
				 struct why *why)
{
	(void)chip;
	spec->swap_keeps_registers = strcmp(value, "stay") == 0;
	if (!spec->swap_keeps_registers && strcmp(value, "move") != 0)
		return explain(why, E_ARGUMENT, "virtual probe: swapped-registers= is stay or move, not %s",
			       value);
	return 0;
}

static int set_voltage(struct virtual_spec *spec, struct chip *chip, const char *value,
		       struct why *why)
{
	int err = take_number("voltage", value, &spec->supply_mv, why);

	(void)chip;
	if (!err && (spec->supply_mv < SUPPLY_MIN_MV || spec->supply_mv > SUPPLY_MAX_MV))
		return explain(why, E_ARGUMENT, "virtual probe: voltage= is in mV, from %d to %d",
			       SUPPLY_MIN_MV, SUPPLY_MAX_MV);
	return err;
}

/* Another size is another chip: its geometry is handed down anew, before the other keys. */
static int set_size(struct virtual_spec *spec, struct chip *chip, const char *value,
		    struct why *why)
{
	uint32_t kib;
	int err = take_number("size", value, &kib, why);

	(void)spec;
	if (err)
		return err;
	if (chip_set_flash_size(chip, kib))
		return explain(why, E_ARGUMENT, "virtual probe: there is no %s with %u KiB of "
			       "flash", chip->name, (unsigned)kib);
	return 0;
}

static int set_option(struct chip *chip, char *word, struct why *why)
{
	char *value = strchr(word, ':');
	uint32_t number;
	int err;

	if (!value)
		return explain(why, E_ARGUMENT, "virtual probe: options= is like DBANK:0+WDG_SW:1, not %s",
			       word);
	*value++ = '\0';
	err = take_number(word, value, &number, why);
	if (err)
		return err;
	if (chip_set_option(chip, word, number))
		return explain(why, E_ARGUMENT, "virtual probe: %s has no option byte %s for %s",
			       chip->name, word, value);
	return 0;
}

/* What the option bytes are at first: bank modes are among them. */
static int set_options(struct virtual_spec *spec, struct chip *chip, const char *value,
		       struct why *why)
{
	char text[SELECTOR_MAX], *rest = text, *word;
	int err = 0;

	(void)spec;
	snprintf(text, sizeof text, "%s", value);
	while (!err && (word = strsep(&rest, "+")))
		err = set_option(chip, word, why);
	return err;
}

/* What nobody has recorded of real ones, the other way round. */
static int set_guess(struct virtual_spec *spec, struct chip *chip, const char *value,
		     struct why *why)
{
	char text[SELECTOR_MAX], *rest = text, *word;

	(void)chip;
	snprintf(text, sizeof text, "%s", value);
	while ((word = strsep(&rest, "+"))) {
		if (!guess_turn(spec, word))
			continue;
		explain(why, E_ARGUMENT, "virtual probe: there is no guess '%s'; there are", word);
		for (unsigned i = 0; guess_at(i); i++)
			explain_more(why, " %s", guess_at(i)->name);
		return E_ARGUMENT;
	}
	return 0;
}

#define TEXT(field) offsetof(struct virtual_spec, field), sizeof ((struct virtual_spec *)0)->field

static const struct key keys[] = {
	{ "size", 0, 0, set_size },		/* KiB; these three first: see set_size */
	{ "options", 0, 0, set_options },	/* NAME:VALUE+NAME:VALUE... */
	{ "twin", 0, 0, NULL },			/* file with a description of a chip, or - (stdin) */
	{ "firmware", TEXT(firmware), NULL },	/* V2J37S7 ... */
	{ "serial", TEXT(serial), NULL },
	{ "image", TEXT(image), NULL },		/* file */
	{ "faults", TEXT(faults), NULL },	/* file */
	{ "mishap", TEXT(mishaps), NULL },	/* NAME[:MS]+NAME...: see mishaps.h */
	{ "pace", 0, 0, set_pace },
	{ "voltage", 0, 0, set_voltage },	/* mV */
	{ "guess", 0, 0, set_guess },		/* NAME+NAME...: see guesses.h */
	{ "swapped-registers", 0, 0, set_swapped_registers },	/* stay or move; H7 */
};

enum { TWIN = 2, KEYS_OF_CHIP = 3 };

static int apply(const struct key *key, struct virtual_spec *spec, struct chip *chip,
		 const char *value, struct why *why)
{
	if (key->set)
		return key->set(spec, chip, value, why);
	if (strlen(value) >= key->size)
		return explain(why, E_ARGUMENT, "virtual probe: %s= is too long", key->name);
	strcpy((char *)spec + key->offset, value);
	return 0;
}

static int explain_unknown_key(const char *word, struct why *why)
{
	explain(why, E_ARGUMENT, "virtual probe: '%s' means nothing; there are", word);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		explain_more(why, " %s=", keys[i].name);
	return E_ARGUMENT;
}

/* Splits "CHIP,KEY=VALUE,..." in place; values[i] belongs to keys[i]. */
static int split(char *text, const char *values[], struct why *why)
{
	char *word, *rest = strchr(text, ',');

	if (rest)
		*rest++ = '\0';
	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');
		size_t i = 0;

		if (value)
			*value++ = '\0';
		while (i < ARRAY_SIZE(keys) && strcmp(keys[i].name, word) != 0)
			i++;
		if (i == ARRAY_SIZE(keys))
			return explain_unknown_key(word, why);
		if (!value || !*value)
			return explain(why, E_ARGUMENT, "virtual probe: %s= wants a value", word);
		values[i] = value;
	}
	return 0;
}

static int read_twin(struct virtual_twin *twin, const char *path, struct chip *chip, struct why *why)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "r");
	int err;

	if (!file)
		return explain(why, E_SYSTEM, "virtual probe: twin=%s: %s", path, strerror(errno));
	err = virtual_twin_read(twin, file, chip, why);
	if (!is_stdin)
		fclose(file);
	return err;
}

static int fill_spec(struct virtual_spec *spec, struct virtual_twin *twin, const char *part,
		     const char *const values[], const struct chip_library *chips, struct chip *chip,
		     struct why *why)
{
	int err = chip_find_part(chip, chips, part, why);

	if (!err && chip->known_only[0])
		return explain(why, E_CHIP, "there is no virtual %s: %s", chip->name, chip->known_only);
	for (size_t i = 0; i < TWIN && !err; i++)
		if (values[i])
			err = apply(&keys[i], spec, chip, values[i], why);
	if (!err && values[TWIN])
		err = read_twin(twin, values[TWIN], chip, why);
	if (err)
		return err;
	chip_virtual_spec(chip, part, spec);
	if (values[TWIN])
		virtual_twin_apply(twin, spec);
	for (size_t i = KEYS_OF_CHIP; i < ARRAY_SIZE(keys) && !err; i++)
		if (values[i])
			err = apply(&keys[i], spec, chip, values[i], why);
	return err;
}

int virtual_open_parse(struct virtual_spec *spec, struct virtual_twin *twin, const char *selector,
		       const struct chip_library *chips, struct why *why)
{
	const char *values[ARRAY_SIZE(keys)] = { NULL };
	char text[SELECTOR_MAX];
	struct chip *chip;
	int err;

	memset(spec, 0, sizeof *spec);
	memset(twin, 0, sizeof *twin);
	selector = strchr(selector, ':') + 1;
	if (strlen(selector) >= sizeof text)
		return explain(why, E_ARGUMENT, "virtual probe: the description is too long");
	strcpy(text, selector);
	err = split(text, values, why);
	if (err)
		return err;
	chip = malloc(sizeof *chip);
	if (!chip)
		return explain(why, E_MEMORY, "out of memory");
	err = fill_spec(spec, twin, text, values, chips, chip, why);
	free(chip);
	return err;
}

static int open_virtual(struct link **out, const char *selector, const struct chip_library *chips,
			struct why *why)
{
	struct virtual_spec spec;
	struct virtual_twin twin;
	int err = virtual_open_parse(&spec, &twin, selector, chips, why);

	if (!err)
		err = virtual_link_open(out, &spec, why);
	virtual_twin_clear(&twin);
	return err;
}

const struct virtual_opener virtual_open = { open_virtual };
