/* SPDX-License-Identifier: MIT
 *
 * Option bytes of F2, F4 and F7 by name: what is set is there afterwards, what was not named is as it was, and
 * what is refused was refused before anything was written.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>
#include <unistd.h>

#include "server/engine_state.h"

enum { OPTCR = 0x40023C14, OPTCR1 = 0x40023C18, F4_FACTORY = 0x0FFFAAED };

static int set_up(void **state)
{
	*state = bench_new("STM32F407VG");
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

/* What the registers show is what is stored: resets load it. */
static uint32_t stored(struct harness *h, uint32_t address)
{
	harness_boot(h);
	return bench_word(h, address) & ~3u;
}

static void fields_are_shown_with_their_meaning(void **state)
{
	struct harness *h = *state;

	says(h, "option", "nRST_STOP      0x1    stop");
	says(h, "option RDP", "no protection");
	says(h, "option get bor_lev", "2.70 to 3.60 V");
	says(h, "option get BOR", "no option 'BOR'. Near: BOR_LEV");
	says(h, "option get WDGSW", "Near: WDG_SW");
	says(h, "option set WPR=none", "Near: WRP");
	says(h, "option RDP=0xbb", "`option set");
}

static void only_the_named_bits_change(void **state)
{
	struct harness *h = *state;

	says(h, "option set BOR_LEV=level1", "0x3 off -> 0x2 level1");
	assert_int_equal(stored(h, OPTCR), (F4_FACTORY & ~0xCu & ~3u) | 0x8);
	says(h, "option set nRST_STOP=0 WDG_SW=hardware", "Written, loaded and read back");
	assert_int_equal(stored(h, OPTCR), (F4_FACTORY & ~0x6Cu & ~3u) | 0x8);
	says(h, "option set nRST_STOP=reset", "like that already");
	assert_int_equal(harness_register(h, 15), LOOP_RESET);	/* reset-halt */
}

static void nonsense_is_refused_before_anything_is_written(void **state)
{
	static const struct {
		const char *command, *answer;
	} rows[] = {
		{ "option set", "Usage" },
		{ "option set BOR_LEV", "NAME=VALUE" },
		{ "option set BOR_LEV=level1 BOOR=1", "no option 'BOOR'" },
		{ "option set BOR_LEV=level1 WDG_SW=2", "no value of WDG_SW" },
		{ "option set BOR_LEV=-1", "no value" },
		{ "option set BOR_LEV=0x100000000", "no value" },
		{ "option set BOR_LEV=1 BOR_LEV=2", "two values" },
		{ "option set BOR_LEV=1 nWRP=sectors:0-12", "no sector 12" },
		{ "option set nWRP=sectors:3-1", "no list" },
		{ "option set nWRP=sectors:", "no list" },
		{ "option set nWRP=sectors:1,x", "no list" },
		{ "option set nWRP=range:0x08000000-0x08004000", "Sectors are protected whole" },
		{ "option set nWRP=range:0x08000000-0x20000000", "no range of this chip's flash" },
		{ "option set BOR_LEV=sectors:0", "not about sectors" },
		{ "option set BOR_LEV = level1", "no blanks around" },
		{ "option set BOR_LEV=level1 confirm", "NAME=VALUE" },
		{ "option restore /nonexistent/file", "No such file" },
	};
	struct harness *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		says(h, rows[i].command, rows[i].answer);
		assert_int_equal(bench_word(h, OPTCR), F4_FACTORY | 1);
	}
}

/* More words than a line of commands can hold are no reason to set half of them. */
static void too_many_words_are_refused(void **state)
{
	struct harness *h = *state;
	char line[4000] = "option set BOR_LEV=level1";

	for (unsigned i = 0; i < 140; i++)
		strcat(line, " WDG_SW=1");
	says(h, line, "More than");
	assert_int_equal(bench_word(h, OPTCR), F4_FACTORY | 1);
}

static void sectors_are_protected_by_number_and_range(void **state)
{
	struct harness *h = *state;

	says(h, "option set nWRP=sectors:0-3,11", "(sectors 0-3,11)");
	assert_int_equal(stored(h, OPTCR) >> 16, 0x0FFF & ~0x80Fu);
	says(h, "option set nWRP=range:0x08010000-0x0803ffff", "(sectors 4-5)");
	assert_int_equal(stored(h, OPTCR) >> 16, 0x0FFF & ~0x030u);
	says(h, "flash erase 0x08010000 0x10000", "write-protected");
	says(h, "protect", "sectors 4-5");
	says(h, "option set nWRP=sectors:none", "none");
	assert_int_equal(stored(h, OPTCR) >> 16, 0x0FFF);
}

/* The bits of other parts stand for other sectors. */
static void protection_bits_follow_the_banks(void **state)
{
	static const struct {
		const char *part, *command;
		uint32_t address, value;
	} rows[] = {
		{ "STM32F205VG", "option set nWRP=sectors:2", OPTCR, 0xFFB },
		{ "STM32F413VH", "option set nWRP=sectors:14-15", OPTCR, 0x3FFF },
		{ "STM32F429VI", "option set nWRP2=sectors:12-13", OPTCR1, 0xFFC },
		{ "STM32F746VG", "option set nWRP=sectors:7", OPTCR, 0xC07F },
		{ "STM32F767VI", "option set nDBANK=dual", OPTCR, 0xDFFF },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = bench_new(rows[i].part);

		says(h, rows[i].command, "read back");
		if (stored(h, rows[i].address) >> 16 != rows[i].value)
			fail_msg("%s: %s: 0x%08x", rows[i].part, rows[i].command,
				 stored(h, rows[i].address));
		harness_free(h);
	}
}

static void two_banks_of_an_f7_share_the_bits(void **state)
{
	struct harness *h = harness_init("STM32F767VI");

	(void)state;
	h->spec.options[0].factory &= ~(1u << 29);
	bench_start(h);
	says(h, "option set nWRP=sectors:0-3,12", "Sectors 12 to 13 are protected together");
	says(h, "option set nWRP=sectors:0-3,12-13", "(sectors 0-3,12-13)");
	assert_int_equal(stored(h, OPTCR) >> 16 & 0xFFF, 0xFFF & ~0x43u);
	says(h, "option set nWRP2=sectors:12", "no option");
	harness_free(h);
}

/* After it the map is the new mode's, for GDB and for loads. */
static void bank_mode_changes_the_map(void **state)
{
	struct harness *h = bench_new("STM32F767VI");
	const char *map;

	(void)state;
	says(h, "flash info", "bank 0");
	says(h, "option set nDBANK=dual", "memory map has changed");
	map = harness_ask(h, 0, "qXfer:memory-map:read::0,ff0");
	if (!strstr(map, "0x4000"))
		fail_msg("%s", map);
	says(h, "flash info", "bank 1");
	says(h, "option set nDBANK=single", "load the firmware again");
	assert_null(strstr(harness_monitor(h, "flash info"), "bank 1"));
	harness_free(h);
}

static void what_would_lock_the_chip_up_is_refused(void **state)
{
	struct harness *h = harness_init("STM32F429VI");

	(void)state;
	h->spec.supply_mv = 2300;
	bench_start(h);
	says(h, "option set BOR_LEV=level3", "hold it in reset");
	says(h, "option set BOR_LEV=level2", "hold it in reset");
	says(h, "option set BOR_LEV=level1", "read back");
	says(h, "option set SPRMOD=pcrop", "mean the opposite");
	says(h, "option set SPRMOD=pcrop nWRP=0", "bits of nWRP2 mean the opposite");
	says(h, "option set SPRMOD=pcrop PCROP=none", "confirm");
	assert_int_equal(bench_word(h, OPTCR) >> 31, 0);
	harness_free(h);
}

/* Where levels count upwards, less is always right. */
static void a_lower_level_needs_no_supply(void **state)
{
	struct harness *h = harness_init("STM32L476RG");

	(void)state;
	h->spec.supply_mv = 2100;
	h->spec.options[0].factory |= 1 << 8;
	bench_start(h);
	says(h, "option set BOR_LEV=2", "hold it in reset");
	says(h, "option set BOR_LEV=0", "read back");
	harness_free(h);
}

static void fast_pins_are_for_a_low_supply(void **state)
{
	struct harness *h = bench_new("STM32U575ZI"), *low = harness_init("STM32U575ZI");

	(void)state;
	says(h, "option set IO_VDD_HSLV=on", "pins could be damaged");
	says(h, "option set IO_VDDIO2_HSLV=on", "! pins are made fast for a supply of theirs");
	low->spec.supply_mv = 1800;
	bench_start(low);
	says(low, "option set IO_VDD_HSLV=on", "read back");
	says(low, "option set IO_VDD_HSLV=off", "read back");
	harness_free(low);
	harness_free(h);
}

/* ---- files ---- */

static void files_are_restored_on_chips_of_their_kind(void **state)
{
	struct harness *h = *state, *other = bench_new("STM32F429VI");
	char path[] = "/tmp/tether-test-XXXXXX", command[100];
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0);
	harness_monitor(h, "option set nWRP=sectors:1 BOR_LEV=level2");
	snprintf(command, sizeof(command), "option save %s", path);
	says(h, command, "6 option fields");
	says(h, "option defaults", "0x1 level2 -> 0x3 off");
	assert_int_equal(stored(h, OPTCR), F4_FACTORY & ~3u);
	snprintf(command, sizeof(command), "option diff %s", path);
	says(h, command, "0x3 off -> 0x1 level2");
	assert_int_equal(stored(h, OPTCR), F4_FACTORY & ~3u);
	snprintf(command, sizeof(command), "option restore %s", path);
	says(h, command, "read back");
	assert_int_equal(stored(h, OPTCR), (F4_FACTORY & ~0x2000Bu & ~3u) | 4);
	says(other, command, "line 2: these are option bytes of STM32F405");
	file = fopen(path, "a");
	fputs("RDP = level2\n", file);
	fclose(file);
	says(h, command, "RDP is given two values");
	close(fd);
	unlink(path);
	harness_free(other);
}

static const char *restored(struct harness *h, const char *text, const char *command)
{
	char path[] = "/tmp/tether-test-XXXXXX", line[100];
	int fd = mkstemp(path);
	const char *said;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(line, sizeof(line), "option %s %s", command, path);
	said = harness_monitor(h, line);
	unlink(path);
	return said;
}

#define F405 "chip = STM32F405/407/415/417\n"
#define TEN(text) text text text text text text text text text text

static void bad_files_change_nothing(void **state)
{
	static const struct {
		const char *part, *text, *answer;
	} files[] = {
		{ "STM32F407VG", "", "it is no file of option bytes" },
		{ "STM32F407VG", "\x7f" "ELF\x01\x01", "line 1: " },
		{ "STM32F407VG", "BOR_LEV = level1\n", "line 1: no line `chip = ...` before it" },
		{ "STM32F407VG", "chip = STM32F446\nBOR_LEV = level1\n", "line 1: these are option bytes of STM32F446" },
		{ "STM32F407VG", F405 "# all right\n\nBOR_LEV = level1\nBORLEV = level1\n", "line 5: " },
		{ "STM32F407VG", F405 "BORLEV = level1\n", "no option 'BORLEV'. Near: BOR_LEV" },
		{ "STM32F407VG", F405 "BOR_LEV = level9\n", "'level9' is no value of BOR_LEV: a number up to 0x3, level3" },
		{ "STM32F407VG", F405 "BOR_LEV = 4\n", "no value of BOR_LEV" },
		{ "STM32F407VG", F405 "BOR_LEV = -1\n", "no value of BOR_LEV" },
		{ "STM32F407VG", F405 "BOR_LEV = level1\nBOR_LEV = 3\n", "line 3: BOR_LEV is given two values" },
		{ "STM32F407VG", "\177ELF\1\1\n", "line 1: this is no text" },
		{ "STM32F407VG", F405 "BOR_LEV level1\n", "line 2: 'BOR_LEV level1' is not like NAME = VALUE" },
		{ "STM32F407VG", F405 "WRP = sectors:12\n", "no sector 12" },
		{ "STM32F407VG", F405 "nWRP = 0x1000\n", "no value of nWRP" },
		{ "STM32F407VG", F405 TEN(TEN("BOR_LEV ")) "= 1\n", "line 2: the line is too long" },
		{ "STM32F407VG", F405 "RDP = level2\n", "Nothing was done" },
		{ "STM32G071RB", "chip = STM32G070/071/081\nNRST_MODE = 0\n", "NRST_MODE=0 is reserved" },
		{ "STM32F767VI", "chip = STM32F765/767/768/769/777/778/779\nnDBOOT = 0\n", "needs two banks" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct harness *h = bench_new(files[i].part);
		const struct chip *chip = &h->engine->board.chip;
		const char *said = restored(h, files[i].text, "restore");

		if (!strstr(said, files[i].answer))
			fail_msg("%s: '%s': %s", files[i].part, files[i].text, said);
		for (size_t w = 0; w < chip->option_word_count; w++)
			assert_int_equal((bench_word(h, chip->option_words[w].address) ^ chip->option_words[w].factory) &
					 chip->option_words[w].writable, 0);
		harness_free(h);
	}
}

/* People edit them: names, numbers and areas, in any order, and only what they care about. */
static void good_files_may_be_short(void **state)
{
	struct harness *h = *state;

	if (!strstr(restored(h, F405 "WRP = 0x08000000-0x0800bfff # boot\nBOR_LEV=level2\n", "diff"), "0x3 off -> 0x1 level2"))
		fail_msg("%s", h->clients[0].console);
	assert_int_equal(bench_word(h, OPTCR), F4_FACTORY | 1);
	if (!strstr(restored(h, F405 "WRP = 0x08000000-0x0800bfff # boot\nBOR_LEV=level2\n", "restore"), "read back"))
		fail_msg("%s", h->clients[0].console);
	assert_int_equal(stored(h, OPTCR), (F4_FACTORY & ~0x7000Bu & ~3u) | 4);
}

static void a_file_is_no_way_around_the_token(void **state)
{
	struct harness *h = *state;
	char path[] = "/tmp/tether-test-XXXXXX", command[100];
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	fputs("chip = STM32F405/407/415/417\nRDP = level2 # for ever\n", file);
	fclose(file);
	snprintf(command, sizeof(command), "option restore %s", path);
	says(h, command, "Nothing was done");
	assert_int_equal(bench_word(h, OPTCR), F4_FACTORY | 1);
	unlink(path);
}

/* ---- protection ---- */

static void level2_takes_a_token_of_this_chip_as_it_is(void **state)
{
	struct harness *h = *state;
	const char *text = harness_monitor(h, "option set RDP=level2"), *at = strstr(text, "`confirm ");
	char command[100], token[9] = "";

	assert_non_null(at);
	snprintf(token, sizeof(token), "%.8s", at + 9);
	snprintf(command, sizeof(command), "option set RDP=level2 BOR_LEV=2 confirm %s", token);
	says(h, command, "another plan");
	says(h, "option set RDP=0xcc confirm 00000000", "another plan");
	says(h, "option set RDP=level2 BOR_LEV=1", "Nobody can ever undo this");
	assert_int_equal(bench_word(h, OPTCR), F4_FACTORY | 1);
	snprintf(command, sizeof(command), "option set RDP=level2 confirm %s", token);
	harness_monitor(h, "option set WDG_SW=hardware");
	says(h, command, "what is in the chip has changed");
	assert_int_equal(stored(h, OPTCR) >> 8 & 0xFF, 0xAA);
	harness_monitor(h, "option set WDG_SW=software");
	says(h, command, "read back");		/* as it was when the token was made */
	assert_int_equal(stored(h, OPTCR) >> 8 & 0xFF, 0xCC);
}

static struct harness *start_protected(uint32_t clear)
{
	struct harness *h = harness_init("STM32F407VG");

	h->spec.options[0].factory = (h->spec.options[0].factory & ~0xFF00u & ~clear) | 0x5500;
	return bench_start(h);
}

static void protection_comes_off_and_takes_the_flash_with_it(void **state)
{
	struct harness *h = start_protected(0);
	uint8_t byte;

	(void)state;
	says(h, "protect", "`protect off` ends it");
	says(h, "protect off", "all of flash and the backup RAM are erased");
	harness_peek(h, PROGRAM_BASE, &byte, 1);
	assert_int_not_equal(byte, 0xFF);
	if (!strstr(confirmed(h, "protect off"), "All of flash is blank"))
		fail_msg("%s", h->clients[0].console);
	assert_int_equal(stored(h, OPTCR) >> 8 & 0xFF, 0xAA);
	says(h, "mdw 0x08000000", "ffffffff");
	says(h, "protect off", "There is no read protection");
	harness_free(h);
}

static void a_watchdog_does_not_cut_the_erasing(void **state)
{
	struct harness *h = start_protected(1 << 5);

	(void)state;
	says(h, "protect off", "set to software until that is done");
	assert_non_null(strstr(confirmed(h, "protect off"), "All of flash is blank"));
	says(h, "option get WDG_SW", "0x0");
	harness_free(h);
}

static void raised_protection_is_explained(void **state)
{
	struct harness *h = *state;

	says(h, "option set RDP=level1", "from the next power-on");
	says(h, "protect", "(from the next power-on)");
	says(h, "mdw 0x08000000", "20");	/* still readable */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(fields_are_shown_with_their_meaning),
		TEST(only_the_named_bits_change),
		TEST(nonsense_is_refused_before_anything_is_written),
		TEST(too_many_words_are_refused),
		TEST(sectors_are_protected_by_number_and_range),
		cmocka_unit_test(protection_bits_follow_the_banks),
		cmocka_unit_test(two_banks_of_an_f7_share_the_bits),
		cmocka_unit_test(bank_mode_changes_the_map),
		cmocka_unit_test(what_would_lock_the_chip_up_is_refused),
		TEST(files_are_restored_on_chips_of_their_kind),
		cmocka_unit_test(a_lower_level_needs_no_supply),
		cmocka_unit_test(fast_pins_are_for_a_low_supply),
		cmocka_unit_test(bad_files_change_nothing),
		TEST(good_files_may_be_short),
		TEST(a_file_is_no_way_around_the_token),
		TEST(level2_takes_a_token_of_this_chip_as_it_is),
		cmocka_unit_test(protection_comes_off_and_takes_the_flash_with_it),
		cmocka_unit_test(a_watchdog_does_not_cut_the_erasing),
		TEST(raised_protection_is_explained),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
