/* SPDX-License-Identifier: MIT
 *
 * TrustZone on: images at both addresses of flash, what GDB is told of it, files there and back, and the debugger
 * that is not let in. Loading in all shapes is in test_flash_families.c.
 */
#include "tests/engine/family_bench.h"
#include "tests/engine/harness.h"

#include <unistd.h>

#define MIXED "TZEN=1 SECWM1_PSTRT=0 SECWM1_PEND=9"

static const struct row mixed = { "STM32U575ZI", MIXED, false };
static const struct row closed = { "STM32U575ZI", "TZEN=1 RDP=0x55", false };
static const struct row unknown = { "STM32U385RG", "TZEN=1", false };

static int set_up_row(void **state, const struct row *row)
{
	*state = (void *)(uintptr_t)row;
	return set_up(state);
}

static int set_up_mixed(void **state)
{
	return set_up_row(state, &mixed);
}

static int set_up_closed(void **state)
{
	return set_up_row(state, &closed);
}

static int set_up_unknown(void **state)
{
	return set_up_row(state, &unknown);
}

/* A secure image where it is linked, and one that is not secure where that is. */
static void both_addresses_are_loaded(void **state)
{
	struct bench *b = *state;
	uint32_t value = UINT32_MAX;

	start(b);
	assert_int_equal(b->board.chip.banks[0].base, 0x0C000000);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, 0x0C000000, "secure code here", 16, &b->why), 0);
	assert_int_equal(flash_plan_write(b->plan, 0x08040000, "and another one.", 16, &b->why), 0);
	commit_well(b);
	memcpy(image_at(b, 0x0C000000), "secure code here", 16);
	memcpy(image_at(b, 0x0C040000), "and another one.", 16);
	assert_int_equal(machine_read(b->machine, b->board.chip.flash_secure_pages, 4, &value), BUS_OK);
	assert_int_equal(value, 0);
	assert_int_equal(machine_read(b->machine, 0x0C040000, 4, &value), BUS_FAULT);
	assert_flash(b);
}

static void pages_are_as_they_were_without_a_reset(void **state)
{
	struct bench *b = *state;
	uint32_t value = UINT32_MAX;

	start(b);
	b->options.reset_after = false;
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, 0x08040000, "and another one.", 16, &b->why), 0);
	commit_well(b);
	assert_int_equal(machine_read(b->machine, b->board.chip.flash_secure_pages, 4, &value), BUS_OK);
	assert_int_equal(value, 0);
}

static void refused(struct bench *b, const char *says)
{
	struct board_options options = { .chips = b->chips };
	struct link *link;

	assert_int_equal(virtual_link_open(&link, &b->spec, &b->why), 0);
	assert_int_equal(probe_open(&b->probe, link, &b->why), 0);
	board_init(&b->board, b->probe, &options);
	assert_int_equal(board_attach(&b->board, &b->why), E_CHIP);
	print_message("%s\n", b->why.text);
	assert_non_null(strstr(b->why.text, says));
}

static void closed_secure_debug_is_named(void **state)
{
	refused(*state, "S_SDE = 0");
}

static void what_is_not_known_is_refused(void **state)
{
	refused(*state, "not supported for it");
}

static struct harness *harness_mixed(void)
{
	struct harness *h = harness_init("STM32U575ZI");
	struct chip *chip = calloc(1, sizeof(*chip));

	assert_int_equal(chip_find_part(chip, h->chips, "STM32U575ZI", NULL), 0);
	assert_int_equal(chip_set_option(chip, "TZEN", 1), 0);
	assert_int_equal(chip_set_option(chip, "SECWM1_PSTRT", 0), 0);
	assert_int_equal(chip_set_option(chip, "SECWM1_PEND", 9), 0);
	chip_virtual_spec(chip, "STM32U575ZI", &h->spec);
	free(chip);
	harness_start(h);
	harness_connect_gdb(h, 0);
	return h;
}

static void says(struct harness *h, const char *command, const char *words)
{
	const char *text = harness_monitor(h, command);

	if (!strstr(text, words))
		fail_msg("%s: '%s' is missing in: %s", command, words, text);
}

static void gdb_and_people_are_told(void **state)
{
	struct harness *h = harness_mixed();
	const char *map = harness_ask(h, 0, "qXfer:memory-map:read::0,1000");

	(void)state;
	assert_non_null(strstr(map, "type=\"flash\" start=\"0x8000000\""));
	assert_non_null(strstr(map, "type=\"flash\" start=\"0xc000000\""));
	says(h, "flash info", "0x0c000000");
	says(h, "flash info", "blank: 256");
	says(h, "protect", "sectors 0-9");
	says(h, "protect", "read and write everything");
	says(h, "option set TZEN=off", "not changed from here");
	harness_free(h);
}

static void write_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	for (size_t i = 0; i < size; i++)
		fputc((int)(i * 7 % 251), file);
	assert_int_equal(fclose(file), 0);
}

/* Over the edge between secure pages and others. */
static void files_go_there_and_back(void **state)
{
	char in[] = "/tmp/tether-trustzone-XXXXXX", command[200];
	struct harness *h = harness_mixed();
	int fd = mkstemp(in);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_file(in, 40000);
	snprintf(command, sizeof(command), "flash write %s 0x08010000", in);
	says(h, command, "verified");
	snprintf(command, sizeof(command), "flash verify %s 0x08010000", in);
	says(h, command, "are the same");
	snprintf(command, sizeof(command), "flash verify %s 0x0C010000", in);
	says(h, command, "are the same");
	snprintf(command, sizeof(command), "flash read %s 0x08010000 40000", in);
	says(h, command, "40000 bytes from 0x0c010000");
	snprintf(command, sizeof(command), "flash verify %s 0x0C010000", in);
	says(h, command, "are the same");
	unlink(in);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_addresses_are_loaded, set_up_mixed, tear_down),
		cmocka_unit_test_setup_teardown(pages_are_as_they_were_without_a_reset, set_up_mixed, tear_down),
		cmocka_unit_test_setup_teardown(closed_secure_debug_is_named, set_up_closed, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_known_is_refused, set_up_unknown, tear_down),
		cmocka_unit_test(gdb_and_people_are_told),
		cmocka_unit_test(files_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
