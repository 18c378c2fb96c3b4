/* SPDX-License-Identifier: MIT
 *
 * JSON: commas, nesting, and text of any origin.
 */
#include "server/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct page {
	struct json json;
	char *text;
	size_t size;
};

static void begin(struct page *page, bool on_one_line)
{
	json_init(&page->json, open_memstream(&page->text, &page->size), on_one_line);
}

static void end(struct page *page, const char *wanted)
{
	json_end(&page->json);
	fclose(page->json.file);
	assert_string_equal(page->text, wanted);
	free(page->text);
}

static void writes_documents(void **state)
{
	struct page page;

	(void)state;
	begin(&page, false);
	json_object(&page.json, NULL);
	json_text(&page.json, "version", "1");
	json_array(&page.json, "probes");
	json_array_end(&page.json);
	json_array(&page.json, "numbers");
	json_number(&page.json, NULL, -1);
	json_bool(&page.json, NULL, true);
	json_array_end(&page.json);
	json_object_end(&page.json);
	end(&page, "{\n  \"version\": \"1\",\n  \"probes\": [],\n"
		   "  \"numbers\": [\n    -1,\n    true\n  ]\n}\n");
}

static void writes_lines(void **state)
{
	struct page page;

	(void)state;
	begin(&page, true);
	for (int i = 0; i < 2; i++) {
		json_object(&page.json, NULL);
		json_bool(&page.json, "ok", false);
		json_text(&page.json, "cause", NULL);
		json_object_end(&page.json);
		if (i == 0)
			json_end(&page.json);
	}
	end(&page, "{\"ok\": false, \"cause\": null}\n{\"ok\": false, \"cause\": null}\n");
}

static void escapes_text(void **state)
{
	static const struct { const char *text, *wanted; } rows[] = {
		{ "", "\"\"\n" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"\n" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"\n" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"\n" },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa7", "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa7\"\n" },
		{ "\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n" },
		{ "\xc3", "\"\xef\xbf\xbd\"\n" },			/* cut off */
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n" },	/* longer than needed */
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n" },	/* surrogate */
		{ "\xe2\x82(", "\"\xef\xbf\xbd\xef\xbf\xbd(\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct page page;

		begin(&page, false);
		json_text(&page.json, NULL, rows[i].text);
		end(&page, rows[i].wanted);
	}
}

static void keeps_zero_bytes(void **state)
{
	struct page page;

	(void)state;
	begin(&page, false);
	json_text_n(&page.json, NULL, "a\0b", 3);
	end(&page, "\"a\\u0000b\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_documents),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(escapes_text),
		cmocka_unit_test(keeps_zero_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
