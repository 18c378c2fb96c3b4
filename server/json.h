/* SPDX-License-Identifier: MIT
 *
 * Writes JSON to a stream: commas, indentation and escapes are its business.
 */
#ifndef SERVER_JSON_H
#define SERVER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	unsigned depth;
	bool has_items;		/* at this depth */
	bool on_one_line;	/* no line ends and indentation */
};

/* json belongs to the caller; file is kept. */
void json_init(struct json *json, FILE *file, bool on_one_line);

/* In an object each value has a key; in an array and at the top key is NULL. Text is UTF-8; bytes
 * that are not become U+FFFD. NULL text is null. */
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_text(struct json *json, const char *key, const char *text);
void json_text_n(struct json *json, const char *key, const char *text, size_t length);
void json_number(struct json *json, const char *key, int64_t number);
void json_bool(struct json *json, const char *key, bool value);

/* Ends the document with a line end. */
void json_end(struct json *json);

#endif
