/* SPDX-License-Identifier: MIT
 *
 * The USB link with the real libusb on a mock bus: transfers in pairs, deadlines, stalls, late
 * replies, other owners, and pulled cables.
 */
#include "probe/bytes.h"
#include "probe/probe.h"
#include "probe/usb_list.h"

#include "tests/unit/mock_usb.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SERIAL "53FF6D064882575140271187"

static struct link *open_link(const char *selector)
{
	struct link *link = NULL;
	struct why why = { "" };

	if (link_usb_open(&link, selector, &why))
		fail_msg("%s", why.text);
	return link;
}

/* F1, with this much time. */
static int ask_version(struct link *link, uint8_t reply[6], size_t *got, uint32_t timeout_ms)
{
	struct link_exchange x = {
		.command = { 0xF1 }, .in = reply, .in_length = 6, .timeout_ms = timeout_ms,
	};
	int err = link_do(link, &x);

	*got = x.in_got;
	return err;
}

static void assert_in_step(struct link *link)
{
	static const uint8_t version[] = { 0x29, 0x47, 0x83, 0x04, 0x48, 0x37 };
	uint8_t reply[6];
	size_t got;

	assert_int_equal(ask_version(link, reply, &got, 2000), OK);
	assert_int_equal(got, 6);
	assert_memory_equal(reply, version, 6);
}

static void lists_the_probe(void **state)
{
	struct usb_probe probes[4];

	assert_int_equal(usb_list_probes(probes, 4), 1);
	assert_string_equal(probes[0].identity.serial, SERIAL);
	assert_string_equal(probes[0].identity.path, "usb:1-4");
	assert_string_equal(probes[0].node, "/dev/bus/usb/001/007");
	assert_string_equal(probes[0].model, "ST-LINK/V2");
	assert_true(probes[0].usable);
	assert_int_equal(probes[0].open_error, OK);
	assert_int_equal(usb_list_probes(NULL, 0), 1);
	mock_usb_refuse_claims(*state, EBUSY);
	assert_int_equal(usb_list_probes(probes, 4), 1);
	assert_int_equal(probes[0].open_error, E_PROBE_BUSY);
}

static void opens_by_serial_and_path(void **state)
{
	static const char *const selectors[] = { NULL, "", "53ff6d", SERIAL, "usb:1-4" };
	struct link *link;
	struct why why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
		link = open_link(selectors[i]);
		assert_in_step(link);
		assert_string_equal(link->identity.serial, SERIAL);
		link_close(link);
	}
	assert_int_equal(link_usb_open(&link, "usb:1-5", &why), E_NO_PROBE);
	assert_non_null(strstr(why.text, SERIAL));
}

static void says_who_may_not_open(void **state)
{
	struct link *link;
	struct why why;

	mock_usb_refuse_claims(*state, EBUSY);
	assert_int_equal(link_usb_open(&link, NULL, &why), E_PROBE_BUSY);
	assert_non_null(strstr(why.text, "another program"));
	if (geteuid() == 0)
		return;	/* root may open anything */
	assert_int_equal(chmod(mock_usb_node(*state), 0), 0);
	assert_int_equal(link_usb_open(&link, NULL, &why), E_PERMISSION);
	assert_non_null(strstr(why.text, "60-tether.rules"));
	assert_non_null(strstr(why.text, "/dev/bus/usb/001/007"));
}

/* The mock takes a command only when the transfer for its data is there too. */
static void sends_command_and_data_together(void **state)
{
	struct link *link = open_link(NULL);
	uint8_t bytes[64] = { 0 };
	struct link_exchange read = {
		.command = { 0xF2, 0x07, 0, 0, 0, 0x20, 64 }, .in = bytes, .in_length = 64,
		.timeout_ms = 2000,
	};
	struct link_exchange write = {
		.command = { 0xF2, 0x08, 0, 0, 0, 0x20, 64 }, .out = bytes, .out_length = 64,
		.timeout_ms = 2000,
	};
	struct link_exchange leave_dfu = { .command = { 0xF3, 7 }, .timeout_ms = 2000 };

	assert_int_equal(link_do(link, &read), OK);
	assert_int_equal(read.in_got, 64);
	assert_int_equal(bytes[63], 63);
	assert_int_equal(link_do(link, &write), OK);
	assert_int_equal(link_do(link, &leave_dfu), OK);
	assert_in_step(link);
	assert_int_equal(mock_usb_commands(*state), 4);
	link_close(link);
}

static void keeps_its_deadline_and_leaves_nothing_behind(void **state)
{
	static const enum mock_behaviour rows[] = { MOCK_SILENT, MOCK_DEAF };
	struct link *link = open_link(NULL);
	uint8_t reply[6];
	size_t got;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t start = link_now_us(link), us;

		mock_usb_behave(*state, rows[i]);
		assert_int_equal(ask_version(link, reply, &got, 100), E_TIMEOUT);
		us = link_now_us(link) - start;
		assert_true(us >= 99000 && us < 1000000);
		assert_int_equal(mock_usb_pending(*state), 0);
		mock_usb_behave(*state, MOCK_ANSWER);
		assert_in_step(link);
	}
	link_close(link);
}

static void drains_a_late_reply(void **state)
{
	struct link *link = open_link(NULL);
	uint8_t bytes[64];
	struct link_exchange read = {
		.command = { 0xF2, 0x07, 0, 0, 0, 0x20, 64 }, .in = bytes, .in_length = 64,
		.timeout_ms = 50,
	};

	mock_usb_behave(*state, MOCK_LATE);
	assert_int_equal(link_do(link, &read), E_TIMEOUT);
	assert_int_equal(link_recover(link, LINK_DRAIN), OK);
	assert_in_step(link);
	link_close(link);
}

static void tells_odd_replies_from_good_ones(void **state)
{
	struct link *link = open_link(NULL);
	uint8_t reply[6];
	size_t got;

	mock_usb_behave(*state, MOCK_SHORT);
	assert_int_equal(ask_version(link, reply, &got, 500), OK);
	assert_int_equal(got, 3);
	mock_usb_behave(*state, MOCK_LONG);
	assert_int_equal(ask_version(link, reply, &got, 500), E_USB);
	mock_usb_behave(*state, MOCK_STALL_OUT);
	assert_int_equal(ask_version(link, reply, &got, 500), E_USB);
	assert_int_equal(mock_usb_pending(*state), 0);
	mock_usb_behave(*state, MOCK_STALL_IN);
	assert_int_equal(ask_version(link, reply, &got, 500), E_USB);
	assert_int_equal(link_recover(link, LINK_CLEAR_HALT), OK);
	assert_int_equal(mock_usb_cleared_halts(*state), 2);
	assert_int_equal(link_recover(link, LINK_DRAIN), OK);
	assert_in_step(link);
	assert_int_equal(link_recover(link, LINK_RESET), OK);
	assert_in_step(link);
	link_close(link);
}

static void notices_the_pulled_cable_and_comes_back(void **state)
{
	struct link *link = open_link(NULL);
	uint8_t reply[6];
	size_t got;

	mock_usb_behave(*state, MOCK_UNPLUG);
	assert_int_equal(ask_version(link, reply, &got, 2000), E_GONE);
	assert_int_equal(ask_version(link, reply, &got, 2000), E_GONE);
	mock_usb_replug(*state, true);
	assert_int_equal(link_recover(link, LINK_RESET), OK);
	assert_in_step(link);
	link_close(link);
}

/* There may be another board behind it. */
static void does_not_take_another_probe_at_the_same_port(void **state)
{
	struct link *link = open_link(NULL);
	uint8_t reply[6];
	size_t got;

	mock_usb_replug(*state, false);
	assert_int_equal(ask_version(link, reply, &got, 2000), E_GONE);
	assert_int_equal(link_recover(link, LINK_RESET), E_GONE);
	link_close(link);
}

static void carries_a_whole_probe(void **state)
{
	struct probe *probe;

	(void)state;
	assert_int_equal(probe_open(&probe, open_link(NULL), NULL), OK);
	assert_string_equal(probe_version(probe)->text, "V2J37S7");
	probe_close(probe);
}

static int plug_in(void **state)
{
	*state = mock_usb_new();
	return 0;
}

static int pull_out(void **state)
{
	mock_usb_free(*state);
	return 0;
}

int main(int argc, char **argv)
{
#define ON_A_BUS(test) cmocka_unit_test_setup_teardown(test, plug_in, pull_out)
	static const struct CMUnitTest tests[] = {
		ON_A_BUS(lists_the_probe),
		ON_A_BUS(opens_by_serial_and_path),
		ON_A_BUS(says_who_may_not_open),
		ON_A_BUS(sends_command_and_data_together),
		ON_A_BUS(keeps_its_deadline_and_leaves_nothing_behind),
		ON_A_BUS(drains_a_late_reply),
		ON_A_BUS(tells_odd_replies_from_good_ones),
		ON_A_BUS(notices_the_pulled_cable_and_comes_back),
		ON_A_BUS(does_not_take_another_probe_at_the_same_port),
		ON_A_BUS(carries_a_whole_probe),
	};

	(void)argc;
	mock_usb_enter(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
