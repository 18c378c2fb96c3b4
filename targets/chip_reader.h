/* SPDX-License-Identifier: MIT
 *
 * A reader of configuration files that is driven by tables: a table says which keys a group may hold, of
 * which type, and where in a struct they go. Unknown keys, wrong types and missing ones are errors with
 * file and line. Knows nothing of chips.
 */
#ifndef TARGETS_CHIP_READER_H
#define TARGETS_CHIP_READER_H

#include <stddef.h>
#include <stdint.h>

#include "targets/chip_source.h"

enum need { OPTIONAL, NEEDED };

enum key_type {
	KEY_U32,
	KEY_U8,
	KEY_KIB,	/* KiB in the file, bytes in the struct */
	KEY_BOOL,
	KEY_TEXT,	/* size = room for it */
	KEY_GROUP,	/* keys apply to the same struct */
	KEY_LIST,	/* of groups: rows of size bytes, at most max, counted at count */
	KEY_OTHER,	/* its own function */
};

struct config_setting_t;

struct reader {
	void *root;			/* the struct that the outermost table describes */
	struct chip_source source;
};

struct key {
	const char *name;
	enum key_type type;
	enum need need;
	size_t offset;
	size_t size, count, max;
	const struct key *keys;
	int (*read)(struct reader *reader, const struct config_setting_t *setting, void *base);
	size_t present;			/* offset of a bool that says the key was there, or NOWHERE */
};

#define NOWHERE SIZE_MAX
#define AT(type, member) offsetof(struct type, member)
#define ROOM(type, member) sizeof(((struct type *)0)->member)

#define NUMBER(key, need, type, member) \
	{ key, KEY_U32, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define MARKED(key, type, member, mark) \
	{ key, KEY_U32, OPTIONAL, AT(type, member), 0, 0, 0, NULL, NULL, AT(type, mark) }
#define BYTE(key, need, type, member) \
	{ key, KEY_U8, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define KIB(key, need, type, member) \
	{ key, KEY_KIB, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define BOOL(key, type, member) \
	{ key, KEY_BOOL, OPTIONAL, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define TEXT(key, need, type, member) \
	{ key, KEY_TEXT, need, AT(type, member), ROOM(type, member), 0, 0, NULL, NULL, NOWHERE }
#define GROUP(key, need, keys) { key, KEY_GROUP, need, 0, 0, 0, 0, keys, NULL, NOWHERE }
#define LIST(key, need, type, member, counter, keys) \
	{ key, KEY_LIST, need, AT(type, member), ROOM(type, member[0]), AT(type, counter), \
	  ROOM(type, member) / ROOM(type, member[0]), keys, NULL, NOWHERE }
#define OTHER(key, need, read) { key, KEY_OTHER, need, 0, 0, 0, 0, NULL, read, NOWHERE }
#define END { NULL, KEY_OTHER, OPTIONAL, 0, 0, 0, 0, NULL, NULL, NOWHERE }

/* Reads a whole text by the table of the outermost group. E_CONFIG. */
int reader_parse(struct reader *reader, const char *text, const struct key *keys);

/* For functions of KEY_OTHER. Each says what is wrong and returns E_CONFIG. */
int reader_complain(struct reader *reader, const struct config_setting_t *setting,
		    const char *format, ...) __attribute__((format(printf, 3, 4)));
int reader_text(struct reader *reader, const struct config_setting_t *setting, char *out,
		size_t room);
int reader_limited(struct reader *reader, const struct config_setting_t *setting, uint32_t limit,
		   uint32_t *out);
/* Two numbers in brackets. */
int reader_pair(struct reader *reader, const struct config_setting_t *setting, uint32_t pair[2]);
/* One to max numbers in brackets. */
int reader_numbers(struct reader *reader, const struct config_setting_t *setting, uint32_t *out,
		   unsigned max, size_t *count);
/* The length of a list in ( ) of 1 to max items. */
int reader_length(struct reader *reader, const struct config_setting_t *setting, unsigned max,
		  unsigned *length);
const struct config_setting_t *reader_item(const struct config_setting_t *list, unsigned i);

struct word {
	const char *name;
	int value;
};
/* One of the words of a table that ends with a NULL name. */
int reader_word(struct reader *reader, const struct config_setting_t *setting,
		const struct word *words, int *out);

#endif
