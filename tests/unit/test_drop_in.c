/* SPDX-License-Identifier: MIT
 *
 * The command lines that IDEs build for ST-LINK_gdbserver and st-util, and what they come to.
 */
#include "server/drop_in/drop_in.h"

#include "probe/bytes.h"
#include "probe/usb_list.h"
#include "targets/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 40 };

/* What settle() would ask of USB. */
int usb_list_probes(struct usb_probe *out, size_t max)
{
	const struct usb_probe probe = {
		.identity.path = "usb:1-4", .identity.serial = "066C", .node = "/dev/bus/usb/001/007",
	};

	if (max)
		out[0] = probe;
	return 1;
}

static enum exit_status parse(struct drop_in_options *options, const char *line)
{
	static char copy[600];
	static char *words[WORDS];	/* options point into them */
	char *rest = copy, *word;
	int count = 0, skipped;
	const struct drop_in *drop_in;

	snprintf(copy, sizeof(copy), "%s", line);
	memset(words, 0, sizeof(words));
	while ((word = strsep(&rest, " ")) && count < WORDS - 1)
		if (*word)
			words[count++] = word;
	drop_in = drop_in_named(count, words, &skipped);
	assert_non_null(drop_in);
	return drop_in_parse(drop_in, options, count - skipped, words + skipped);
}

static void goes_by_its_name(void **state)
{
	static const struct { const char *words[3]; int count; const char *name; } rows[] = {
		{ { "/opt/st/bin/ST-LINK_gdbserver" }, 1, "ST-LINK_gdbserver" },
		{ { "st-util" }, 1, "st-util" },
		{ { "tether", "--as", "st-util" }, 3, "st-util" },
		{ { "tether", "--as", "/x/ST-LINK_gdbserver" }, 3, "ST-LINK_gdbserver" },
		{ { "tether" }, 1, NULL }, { { "tether", "--as" }, 2, NULL },
		{ { "tether", "--as", "openocd" }, 3, NULL }, { { "st-utility" }, 1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int skipped;
		const struct drop_in *found = drop_in_named(rows[i].count, (char **)rows[i].words,
							    &skipped);

		assert_int_equal(found != NULL, rows[i].name != NULL);
		if (found)
			assert_string_equal(found->name, rows[i].name);
	}
}

/* The lines of field notes: who builds them is behind each. */
static void takes_what_ides_say(void **state)
{
	static const struct {
		const char *line;
		int port, connect, console_port, swo_port;
		bool once, semihosting;
		const char *at_start, *probe;
	} rows[] = {
		/* STM32CubeIDE */
		{ "ST-LINK_gdbserver -p 61234 -l 1 -d -z 61235 -s -cp /opt/st/bin -m 0 -k --halt -i 066C",
		  61234, CONNECT_UNDER_RESET, 0, 61235, true, false, "reset halt", "066C" },
		{ "ST-LINK_gdbserver -p 61234 -l 31 -d -s -cp /b -m 1 -g -t --frequency 8000",
		  61234, CONNECT_HOT_PLUG, 0, 0, true, false, NULL, NULL },
		/* cortex-debug */
		{ "ST-LINK_gdbserver -p 50000 -cp /b --swd --swo-port 50001 --cpu-clock 168000000 "
		  "--swo-clock-div 84 --serial-number 066C --halt -m 0",
		  50000, CONNECT_AUTO, 0, 50001, true, false, "reset halt", "066C" },
		{ "ST-LINK_gdbserver -p 50000 -cp /b --swd --attach --halt -m 1 -t -s",
		  50000, CONNECT_HOT_PLUG, 0, 0, true, false, NULL, NULL },
		{ "st-util -p 50000 --no-reset --serial 066C", 50000, CONNECT_AUTO, 0, 0, true, false,
		  NULL, "066C" },
		/* Zephyr */
		{ "ST-LINK_gdbserver --stm32cubeprogrammer-path /b --port-number 61234 --apid 0 --halt --swd "
		  "--initialize-reset --serial-number 066C --extload x.stldr",
		  61234, CONNECT_UNDER_RESET, 0, 0, true, false, "reset halt", "066C" },
		/* CLion, and by hand */
		{ "ST-LINK_gdbserver -p 2331 --verify --swd -cp /b", 2331, CONNECT_AUTO, 0, 0, true, false,
		  "reset halt", NULL },
		{ "ST-LINK_gdbserver -e -v -r 15 -d --erase-all -ei x -el y --semihosting all "
		  "--semihost-console-port 7184 --temp-path /tmp --preserve-temps --incremental "
		  "--pend-halt-timeout 100 --external-init --target-sel 1 --pcm-pm-force",
		  61234, CONNECT_AUTO, 7184, 0, false, true, "flash erase all", NULL },
		{ "ST-LINK_gdbserver -d --semihosting disable", 61234, CONNECT_AUTO, 0, 0, true, false,
		  "reset halt", NULL },
		{ "st-util", 4242, CONNECT_AUTO, 0, 0, true, false, "reset halt", NULL },
		{ "st-util -m -v99 -F1800K --listen_port=1234 --semihosting", 1234, CONNECT_AUTO, 0, 0,
		  false, true, "reset halt", NULL },
		{ "st-util -u -n -v --freq=4M", 4242, CONNECT_UNDER_RESET, 0, 0, true, false, NULL, NULL },
	};
	struct drop_in_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(parse(&o, rows[i].line), EXIT_OK);
		assert_int_equal(o.action, 0);
		assert_true(o.options.connect_now);
		assert_int_equal(o.options.port, rows[i].port);
		assert_int_equal(o.options.connect, rows[i].connect);
		assert_int_equal(o.console_port, rows[i].console_port);
		assert_int_equal(o.options.semihosting_console != NULL, rows[i].console_port != 0);
		assert_int_equal(o.options.swo_port, rows[i].swo_port ? rows[i].swo_port : -1);
		assert_int_equal(o.options.swo_speed, o.options.cpu_clock / 84);
		assert_int_equal(o.options.once, rows[i].once);
		assert_int_equal(o.options.semihosting, rows[i].semihosting);
		assert_string_equal(o.options.at_start ? o.options.at_start : "(none)",
				    rows[i].at_start ? rows[i].at_start : "(none)");
		assert_string_equal(o.options.probe ? o.options.probe : "(none)",
				    rows[i].probe ? rows[i].probe : "(none)");
	}
}

static void reads_speeds(void **state)
{
	static const struct { const char *line; int khz; } rows[] = {
		{ "st-util -F 1800K", 1800 }, { "st-util --freq=1M", 1000 }, { "st-util -F 950", 950 },
		{ "ST-LINK_gdbserver --frequency 8000", 8000 }, { "st-util -F 24m", 24000 },
	};
	struct drop_in_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(parse(&o, rows[i].line), EXIT_OK);
		assert_int_equal(o.options.speed_khz, rows[i].khz);
	}
}

/* Their status for every mistake is 1. */
static void refuses_nonsense(void **state)
{
	static const char *const lines[] = {
		"st-util --bogus", "st-util extra", "st-util -p", "st-util -p 70000", "st-util -F fast",
		"st-util -F 0", "st-util -F 9999999999M", "st-util -v100", "st-util --stlinkv1",
		"ST-LINK_gdbserver --no-reset", "ST-LINK_gdbserver -cp", "ST-LINK_gdbserver -x",
		"ST-LINK_gdbserver -p x", "ST-LINK_gdbserver extra", "ST-LINK_gdbserver -l 32",
		"ST-LINK_gdbserver -c", "ST-LINK_gdbserver -c /nonexistent/file",
	};
	struct drop_in_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(parse(&o, lines[i]), EXIT_FAILED);
}

static void answers_instead_of_serving(void **state)
{
	static const char *const lines[] = {
		"st-util -h", "st-util --version", "st-util -V", "ST-LINK_gdbserver -q",
		"ST-LINK_gdbserver --debuggers", "ST-LINK_gdbserver --version", "ST-LINK_gdbserver -h",
		"ST-LINK_gdbserver --licenses", "ST-LINK_gdbserver --ext-memory-loaders",
		"ST-LINK_gdbserver --memory-map 0x413",
	};
	struct drop_in_options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(&o, lines[i]), EXIT_OK);
		assert_int_not_equal(o.action, 0);
	}
}

static const char *config_file(const char *text)
{
	static char path[] = "/tmp/tether-config-XXXXXX";
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void reads_a_configuration_file(void **state)
{
	static const struct { const char *text; enum exit_status status; int port; const char *log_file; } rows[] = {
		{ "# comment -p 1\n-p 7777 # port\n\n-e\n", EXIT_OK, 7777, NULL },
		{ "-f \"a b.txt\"\n-p\n7778", EXIT_OK, 7778, "a b.txt" },
		{ "-p 1 --bogus\n", EXIT_FAILED, 0, NULL },
		{ "-f \"never closed", EXIT_OK, 61234, "never closed" },
	};
	struct drop_in_options o;
	char line[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *path = config_file(rows[i].text);

		snprintf(line, sizeof(line), "ST-LINK_gdbserver -c %s -d", path);
		assert_int_equal(parse(&o, line), rows[i].status);
		unlink(path);
		if (rows[i].status)
			continue;
		assert_int_equal(o.options.port, rows[i].port);
		assert_true(o.swd);
		if (rows[i].log_file)
			assert_string_equal(o.options.log_file, rows[i].log_file);
	}
}

static void refuses_too_long_a_configuration(void **state)
{
	static char text[CONFIG_SIZE + 10];
	struct drop_in_options o;
	char line[100];

	(void)state;
	for (size_t words = 0; words < 2; words++) {
		const char *path;

		memset(text, 'x', words ? 2 * CONFIG_WORDS + 2 : sizeof(text) - 1);
		for (size_t i = 0; words && i < 2 * CONFIG_WORDS + 2; i += 2)
			text[i] = ' ';
		text[words ? 2 * CONFIG_WORDS + 2 : sizeof(text) - 1] = '\0';
		path = config_file(text);
		snprintf(line, sizeof(line), "ST-LINK_gdbserver -c %s", path);
		assert_int_equal(parse(&o, line), EXIT_FAILED);
		unlink(path);
	}
}

static void finds_the_device_of_the_environment(void **state)
{
	struct drop_in_options o;

	(void)state;
	setenv("STLINK_DEVICE", "001:007", 1);
	assert_int_equal(parse(&o, "st-util"), EXIT_OK);
	assert_string_equal(o.options.probe, "usb:1-4");
	setenv("STLINK_DEVICE", "001:008", 1);
	assert_int_equal(parse(&o, "st-util"), EXIT_FAILED);
	setenv("STLINK_DEVICE", "nonsense", 1);
	assert_int_equal(parse(&o, "st-util"), EXIT_FAILED);
	assert_int_equal(parse(&o, "st-util --serial 07"), EXIT_OK);
	unsetenv("STLINK_DEVICE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_by_its_name),
		cmocka_unit_test(takes_what_ides_say),
		cmocka_unit_test(reads_speeds),
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(answers_instead_of_serving),
		cmocka_unit_test(reads_a_configuration_file),
		cmocka_unit_test(refuses_too_long_a_configuration),
		cmocka_unit_test(finds_the_device_of_the_environment),
	};

	return cmocka_run_group_tests_name("drop_in", tests, NULL, NULL);
}
