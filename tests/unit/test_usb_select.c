/* SPDX-License-Identifier: MIT
 *
 * Serial numbers out of descriptors, and which probe a selector means.
 */
#include "probe/usb_holder.h"
#include "probe/usb_select.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A descriptor of the units of text, as UTF-16. */
static size_t descriptor(uint8_t *out, const uint8_t *units, size_t count)
{
	out[0] = (uint8_t)(2 + 2 * count);
	out[1] = 3;
	for (size_t i = 0; i < count; i++) {
		out[2 + 2 * i] = units[i];
		out[3 + 2 * i] = 0;
	}
	return out[0];
}

static const char *serial(const char *units, size_t count)
{
	static char out[64];
	uint8_t bytes[256];
	size_t length = descriptor(bytes, (const uint8_t *)units, count);

	serial_from_descriptor(bytes, length, out, sizeof(out));
	return out;
}

static void takes_hex_serials_as_they_are(void **state)
{
	(void)state;
	assert_string_equal(serial("066DFF535550755187191037", 24), "066DFF535550755187191037");
}

static void turns_twelve_binary_bytes_into_hex(void **state)
{
	static const char recorded[] = "\x53\xff\x6d\x06\x48\x82\x57\x51\x40\x27\x11\x87";

	(void)state;
	assert_string_equal(serial(recorded, 12), "53FF6D064882575140271187");
	/* Printable by chance is binary all the same. */
	assert_string_equal(serial("ABCDEFGHIJKL", 12), "4142434445464748494A4B4C");
}

static void makes_something_printable_of_clones(void **state)
{
	char out[64] = "x", small[8];
	uint8_t bytes[256];

	(void)state;
	assert_string_equal(serial("", 0), "");
	assert_string_equal(serial("\0", 1), "00");
	assert_string_equal(serial("\x01 \x7f", 3), "01207F");
	assert_string_equal(serial("CLONE-1", 7), "CLONE-1");
	assert_int_equal(strlen(serial("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				       "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				       "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 40)), 62);
	/* Lies about its length. */
	descriptor(bytes, (const uint8_t *)"ABCDE", 5);
	serial_from_descriptor(bytes, 6, out, sizeof(out));
	assert_string_equal(out, "AB");
	serial_from_descriptor(bytes, 12, small, 4);
	assert_string_equal(small, "AB");
	bytes[0] = 1;
	serial_from_descriptor(bytes, 12, out, sizeof(out));
	assert_string_equal(out, "");
	bytes[0] = 12;
	bytes[1] = 4;
	serial_from_descriptor(bytes, 12, out, sizeof(out));
	assert_string_equal(out, "");
	serial_from_descriptor(bytes, 1, out, sizeof(out));
	assert_string_equal(out, "");
}

#define PROBE(product, serial, path, model, usable, advice, node) \
	{ { 0x0483, product, serial, path }, model, usable, advice, node, 0, "" }

static const struct usb_probe probes[] = {
	PROBE(0x374B, "066DFF535550755187191037", "usb:1-4.2", "ST-LINK/V2-1", true, NULL,
	      "/dev/bus/usb/001/004"),
	PROBE(0x3748, "53FF6D064882575140271187", "usb:1-4", "ST-LINK/V2", true, NULL,
	      "/dev/bus/usb/001/005"),
	PROBE(0x3744, "066D0000", "usb:2-1", "ST-LINK/V1", false, "is not supported",
	      "/dev/bus/usb/002/002"),
};

static void finds_by_serial_prefix_and_path(void **state)
{
	static const struct {
		const char *selector;
		size_t index;
	} rows[] = {
		{ "066DFF535550755187191037", 0 }, { "066dff", 0 }, { "53FF", 1 }, { "53ff6d", 1 },
		{ "usb:1-4", 1 }, { "usb:1-4.2", 0 }, { "USB:1-4.2", 0 }, { "066D", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t index = 99;

		assert_int_equal(usb_select(probes, 3, rows[i].selector, &index, NULL), OK);
		assert_int_equal(index, rows[i].index);
	}
}

static void select_fails(size_t from, size_t count, const char *selector, int err, const char *says)
{
	struct why why = { "" };
	size_t index;

	assert_int_equal(usb_select(probes + from, count, selector, &index, &why), err);
	if (!strstr(why.text, says))
		fail_msg("'%s' does not say '%s'", why.text, says);
}

static void says_what_is_the_matter(void **state)
{
	(void)state;
	select_fails(0, 0, NULL, E_NO_PROBE, "no ST-LINK found");
	select_fails(0, 3, "77", E_NO_PROBE, "53FF6D064882575140271187");
	select_fails(0, 3, "usb:1-4.", E_NO_PROBE, "usb:1-4.2");
	select_fails(0, 3, NULL, E_MANY_PROBES, "066DFF535550755187191037 (ST-LINK/V2-1, usb:1-4.2)");
	select_fails(2, 1, "", E_REFUSED, "is not supported");
	select_fails(0, 3, "066D0", E_REFUSED, "ST-LINK/V1");
}

static void the_only_usable_one_needs_no_name(void **state)
{
	size_t index = 99;

	(void)state;
	assert_int_equal(usb_select(probes + 1, 2, NULL, &index, NULL), OK);
	assert_int_equal(index, 0);
}

static void a_nameless_forbidden_probe_may_be_the_one(void **state)
{
	struct usb_probe forbidden = probes[0];
	struct why why = { "" };
	size_t index;

	(void)state;
	forbidden.identity.serial[0] = '\0';
	forbidden.open_error = E_PERMISSION;
	assert_int_equal(usb_select(&forbidden, 1, "066D", &index, &why), E_PERMISSION);
	assert_non_null(strstr(why.text, "60-tether.rules"));
	assert_non_null(strstr(why.text, "/dev/bus/usb/001/004"));
	/* Without a name it is chosen, and opening it will tell. */
	assert_int_equal(usb_select(&forbidden, 1, NULL, &index, &why), OK);
}

/* A /proc with one process that has the node open, and one that has something else open. */
static void names_who_holds_a_probe(void **state)
{
	char root[] = "/tmp/tether-proc-XXXXXX", command[1024], out[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(command, sizeof(command),
		 "cd %s && mkdir -p 12/fd 34/fd self && ln -s /dev/null 12/fd/3 && "
		 "ln -s /dev/bus/usb/001/004 34/fd/7 && echo openocd > 34/comm", root);
	assert_int_equal(system(command), 0);
	usb_find_holder(root, "/dev/bus/usb/001/004", out, sizeof(out));
	assert_string_equal(out, "openocd (process 34)");
	usb_find_holder(root, "/dev/bus/usb/001/005", out, sizeof(out));
	assert_string_equal(out, "");
	usb_find_holder("/nonexistent", "/dev/bus/usb/001/004", out, sizeof(out));
	assert_string_equal(out, "");
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_hex_serials_as_they_are),
		cmocka_unit_test(turns_twelve_binary_bytes_into_hex),
		cmocka_unit_test(makes_something_printable_of_clones),
		cmocka_unit_test(finds_by_serial_prefix_and_path),
		cmocka_unit_test(says_what_is_the_matter),
		cmocka_unit_test(the_only_usable_one_needs_no_name),
		cmocka_unit_test(names_who_holds_a_probe),
		cmocka_unit_test(a_nameless_forbidden_probe_may_be_the_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
