/* SPDX-License-Identifier: MIT
 *
 * Protection: what a debugger is told of it, on whichever way it runs into it, and how it is left.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "probe/virtual/link_virtual.h"
#include "server/engine_state.h"

/* One of each kind of controller that has levels. */
static const char *const parts[] = {
	"STM32F030F4", "STM32F072RB", "STM32F103C8", "STM32F303CC", "STM32F205VG", "STM32F407VG", "STM32F429VI",
	"STM32F722RE", "STM32F767VI", "STM32L053C8", "STM32L151CB", "STM32L476RG", "STM32L4R5ZI", "STM32G071RB",
	"STM32G0B1RE", "STM32G431RB", "STM32G474RE", "STM32C031C6", "STM32U083RC", "STM32L552ZE", "STM32U575ZI",
	"STM32U385RG", "STM32WBA55CG", "STM32WB55RG", "STM32WLE5JC", "STM32H743VI", "STM32H735IG", "STM32H7B3ZI",
};

/* options: like "RDP:187+WDG_SW:0", as `virtual:` takes them. */
static struct harness *make(const char *part, const char *options)
{
	struct harness *h = harness_init(part);
	struct chip *chip = calloc(1, sizeof(*chip));
	char text[100], *rest = text, *word;

	assert_non_null(chip);
	assert_int_equal(chip_find_part(chip, h->chips, part, NULL), 0);
	snprintf(text, sizeof(text), "%s", options);
	while ((word = strsep(&rest, "+")) && *word) {
		char *value = strchr(word, ':');

		*value++ = '\0';
		if (chip_set_option(chip, word, (uint32_t)strtoul(value, NULL, 0)))
			fail_msg("%s has no %s", part, word);
	}
	chip_virtual_spec(chip, part, &h->spec);
	free(chip);
	return h;
}

static struct harness *start(const char *part, const char *options)
{
	return bench_start(make(part, options));
}

static void also(struct harness *h, const char *part)
{
	if (!strstr(h->clients[0].console, part))
		fail_msg("%s: '%s' is missing in: %.2000s", h->spec.chip, part, h->clients[0].console);
}

/* ---- every path says that it is read protection ---- */

static void every_path_names_read_protection(void **state)
{
	static const char *const commands[] = {
		"info", "flash info", "flash read /dev/null", "flash verify /dev/null", "mdw 0x08000000",
		"mem read 0x08000000 16 /dev/null", "protect",
	};
	static const char said[] = "Read protection is set (RDP level1)";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = start(parts[i], "RDP:0xBB");
		char address[40];

		says(h, "version", said);		/* the first answer has room for what attaching found */
		for (size_t c = 0; c < ARRAY_SIZE(commands); c++) {
			if (strstr(commands[c], "verify"))
				continue;
			says(h, commands[c], c == ARRAY_SIZE(commands) - 1 ? "can't read or write flash" : said);
			if (strstr(h->clients[0].console, "0 KiB flash") || strstr(h->clients[0].console, "loader"))
				assert_null(strstr(h->clients[0].console, "cannot load"));
		}
		snprintf(address, sizeof(address), "m%x,4", h->engine->board.chip.banks[0].base);
		harness_ask(h, 0, "qSupported:error-message+");
		if (strncmp(harness_ask(h, 0, address), "E.", 2) || !strstr(h->clients[0].answer, said))
			fail_msg("%s: '%s' is answered '%s'", parts[i], address, h->clients[0].answer);
		harness_free(h);
	}
}

static void states_are_named_as_well(void **state)
{
	struct harness *h = start("STM32H563ZI", "PRODUCT_STATE:0x17");

	(void)state;
	says(h, "info", "Read protection is set (PRODUCT_STATE provisioning)");
	says(h, "protect off", "only debug authentication takes back");
	says(h, "option set PRODUCT_STATE=open", "debug authentication");
	says(h, "option get PRODUCT_STATE", "0x17");
	harness_free(h);
}

/* GDB's load, packet by packet. */
static void a_load_names_it_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = start(parts[i], "RDP:0xBB");
		char packet[80];

		snprintf(packet, sizeof(packet), "vFlashErase:%x,%x", h->engine->board.chip.banks[0].base, 4096);
		harness_ask(h, 0, packet);
		snprintf(packet, sizeof(packet), "vFlashWrite:%x:12345678", h->engine->board.chip.banks[0].base);
		harness_ask(h, 0, packet);
		if (!strstr(harness_ask(h, 0, "vFlashDone"), "read-protected") && !strstr(h->clients[0].answer, "is protected"))
			fail_msg("%s: %s", parts[i], h->clients[0].answer);
		harness_free(h);
	}
}

/* ---- leaving it ---- */

static void off_and_blank(struct harness *h, const char *part)
{
	says(h, "protect off", "all of flash");
	also(h, "This erases the chip");
	if (!strstr(confirmed(h, "protect off"), "All of flash is blank"))
		fail_msg("%s: %s", part, h->clients[0].console);
	says(h, "protect", "can read and write everything");
	says(h, "protect off", "There is no read protection");
}

static void the_hardware_watchdog_does_not_cut_the_erasing(void **state)
{
	static const char *const names[] = { "WDG_SW", "IWDG_SW", "IWDG1_SW" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
			struct chip chip = { 0 };
			struct harness *h = harness_init(parts[i]);
			char options[40], get[40];
			int err = chip_find_part(&chip, h->chips, parts[i], NULL) || chip_set_option(&chip, names[n], 0);

			chip_library_close(h->chips);
			free(h);
			if (err)
				continue;
			snprintf(options, sizeof(options), "RDP:0xBB+%s:0", names[n]);
			h = start(parts[i], options);
			says(h, "protect off", "set to software until that is done");
			off_and_blank(h, parts[i]);
			snprintf(get, sizeof(get), "option get %s", names[n]);
			says(h, get, "0x0");		/* it comes back as it was */
			harness_free(h);
		}
}

static void write_protection_is_no_obstacle(void **state)
{
	static const struct {
		const char *part, *options, *shown;
	} rows[] = {
		{ "STM32F407VG", "RDP:0xBB+nWRP:0xFFE", " sectors 0 (0x08000000" },
		{ "STM32F103C8", "RDP:0xBB+WRP0:0xFE", " sectors 0-3 (0x08000000" },
		{ "STM32L151CB", "RDP:0xBB+WRP0:1", " sectors 0-15 (0x08000000" },
		{ "STM32L476RG", "RDP:0xBB+WRP1A_STRT:0+WRP1A_END:3", " sectors 0-3 (0x08000000" },
		{ "STM32G071RB", "RDP:0xBB+WRP1A_STRT:0+WRP1A_END:3", " sectors 0-3 (0x08000000" },
		{ "STM32U575ZI", "RDP:0xBB+WRP1A_PSTRT:0+WRP1A_PEND:3", " sectors 0-3 (0x08000000" },
		{ "STM32H743VI", "RDP:0xBB+WRPSN1:0xFE", " sectors 0 (0x08000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = start(rows[i].part, rows[i].options);

		says(h, "protect", rows[i].shown);
		also(h, "`option set WRP=none`");
		off_and_blank(h, rows[i].part);
		harness_free(h);
	}
}

/* ---- what is protected on its own ---- */

static void areas_and_locks_are_explained(void **state)
{
	static const struct {
		const char *part, *options, *shown, *leave;
	} rows[] = {
		{ "STM32L476RG", "PCROP1_STRT:0+PCROP1_END:64", "PCROP", "while PCROP_RDP=kept" },
		{ "STM32L476RG", "PCROP1_STRT:0+PCROP1_END:64", "can read and write everything", "ERASES flash" },
		{ "STM32F429VI", "SPRMOD:1+nWRP:1", "PCROP", "`option set RDP=level0 SPRMOD=write WRP=none`" },
		{ "STM32L053C8", "WPRMOD:1+WRP0:0xFFFE", "PCROP", "`option set RDP=level0 WPRMOD=write WRP=none`" },
		{ "STM32G474RE", "", "No part of flash is protected", "" },
		{ "STM32G474RE", "PCROP1_STRT:5+PCROP1_END:5", "not known what that means", "ERASES flash" },
		{ "STM32G071RB", "BOOT_LOCK:1", "boots from there only", "level 1 to level 0" },
		{ "STM32G071RB", "SEC_SIZE:4", "SEC", "level 1 to level 0" },
		{ "STM32U575ZI", "UNLOCK_1A:0", "can't be changed", "level 1 to level 0" },
		{ "STM32H743VI", "PROT_AREA_START1:0+PROT_AREA_END1:1", "PCROP", "DMEP1=kept" },
		{ "STM32WB55RG", "SFSA:0xC0+FSD:0", "belongs to somebody else", "second core" },
		{ "STM32H563ZI", "", "PRODUCT_STATE", "debug authentication" },
		{ "STM32H563ZI", "NSBOOT_LOCK:0xB4", "boots from there only", "" },
		{ "STM32H7S7L8", "", "NVSTATE", "debug authentication" },
		{ "STM32F407VG", "", "no protection", "No part of flash is protected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = start(rows[i].part, rows[i].options);

		says(h, "protect", rows[i].shown);
		also(h, rows[i].leave);
		harness_free(h);
	}
}

/* ---- keys of the owner ---- */

static void a_key_is_named_and_nothing_is_tried(void **state)
{
	static const char *const keyed[] = { "STM32U575ZI", "STM32WBA55CG" };
	enum { NSKEYR = 0x08, OPTKEYR = 0x10, NSSR = 0x20, NSCR = 0x28, OPTSTRT = 1 << 17, OEM1KEY = 0x70 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++) {
		struct harness *h = make(keyed[i], "");
		uint32_t base = h->spec.flash_registers, optr;

		for (unsigned w = 0; w < 2; w++)
			h->spec.options[h->spec.option_count++] = (struct virtual_option_word){
				.name = "OEM1KEYR", .address = base + OEM1KEY + 4 * w, .writable = UINT32_MAX };
		bench_start(h);
		assert_int_equal(machine_write(h->machine, base + NSKEYR, 4, 0x45670123), BUS_OK);
		machine_write(h->machine, base + NSKEYR, 4, 0xCDEF89AB);
		machine_write(h->machine, base + OPTKEYR, 4, 0x08192A3B);
		machine_write(h->machine, base + OPTKEYR, 4, 0x4C5D6E7F);
		machine_write(h->machine, base + OEM1KEY, 4, 0x12345678);
		machine_write(h->machine, base + OEM1KEY + 4, 4, 0x9ABCDEF0);
		machine_write(h->machine, base + NSCR, 4, OPTSTRT);
		machine_advance(h->machine, 1000000000);
		assert_true(bench_word(h, base + NSSR) & 1 << 18);
		harness_boot(h);
		harness_monitor(h, "connect");
		says(h, "option set RDP=level1", "read back");
		optr = bench_word(h, base + 0x40);
		says(h, "protect off", "tied to a key of its owner");
		says(h, "option set RDP=level0", "OEM1LOCK");
		says(h, "protect", "OEM1KEY is set");
		assert_int_equal(bench_word(h, base + 0x40), optr);
		harness_free(h);
	}
}

/* A U0 does not say whether there is a key: a chip that keeps its protection makes it likely. */
static void a_key_is_guessed_where_nothing_tells(void **state)
{
	struct harness *h = make("STM32U083RC", "RDP:0xBB");

	(void)state;
	for (size_t i = 0; i < h->spec.option_count; i++)
		if (!strcmp(h->spec.options[i].name, "OPTR"))
			h->spec.options[i].writable &= ~0xFFu;
	bench_start(h);
	if (!strstr(confirmed(h, "protect off"), "They are the old ones now. If the owner of this chip has set a key"))
		fail_msg("%s", h->clients[0].console);
	says(h, "protect", "`protect off` ends it");
	harness_free(h);
}

/* PCROP that is kept stays; all else has to be blank. */
static void what_is_kept_is_told(void **state)
{
	struct harness *h = start("STM32L476RG", "RDP:0xBB+PCROP1_STRT:0+PCROP1_END:255");
	uint8_t secret[16];

	(void)state;
	memset(secret, 0x5E, sizeof(secret));
	harness_poke(h, 0x08000100, secret, sizeof(secret));
	harness_poke(h, 0x08010000, secret, sizeof(secret));
	if (!strstr(confirmed(h, "protect off"), "blank but for 1 sectors under PCROP"))
		fail_msg("%s", h->clients[0].console);
	says(h, "mdw 0x08010000", "ffffffff");
	harness_free(h);
}

/* ---- power ---- */

static void a_probe_that_can_puts_protection_in_force(void **state)
{
	struct harness *h = make("STM32F407VG", "");

	(void)state;
	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "V3J15M7");
	bench_start(h);
	says(h, "option set RDP=level1", "switched off and on, which puts read protection in force");
	says(h, "mdw 0x08000000", "Read protection is set");
	if (!strstr(confirmed(h, "protect off"), "All of flash is blank"))
		fail_msg("%s", h->clients[0].console);
	harness_free(h);
}

/* The chip is switched off at the 40th command from now, as by a person, and on a little later. */
static void a_person_is_waited_for(void **state)
{
	struct harness *h = start("STM32F407VG", "");
	struct faults *faults = firmware_faults(virtual_link_firmware(h->link));
	struct why why = { "" };

	(void)state;
	says(h, "option set RDP=level1", "`power wait` waits for it");
	says(h, "mdw 0x08000000", "20");
	says(h, "power wait 2", "has kept its power");
	assert_int_equal(faults_parse(faults, "command 40 power-off\ncommand 44 power-on", &why), 0);
	says(h, "power wait 20", "The chip is back");
	says(h, "mdw 0x08000000", "Read protection is set");
	says(h, "power wait 9999", "At most");
	says(h, "power wait x", "not a number");
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_names_read_protection),
		cmocka_unit_test(states_are_named_as_well),
		cmocka_unit_test(a_load_names_it_too),
		cmocka_unit_test(the_hardware_watchdog_does_not_cut_the_erasing),
		cmocka_unit_test(write_protection_is_no_obstacle),
		cmocka_unit_test(areas_and_locks_are_explained),
		cmocka_unit_test(a_key_is_named_and_nothing_is_tried),
		cmocka_unit_test(a_key_is_guessed_where_nothing_tells),
		cmocka_unit_test(what_is_kept_is_told),
		cmocka_unit_test(a_probe_that_can_puts_protection_in_force),
		cmocka_unit_test(a_person_is_waited_for),
	};

	return cmocka_run_group_tests_name("protect", tests, NULL, NULL);
}
