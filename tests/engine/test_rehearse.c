/* SPDX-License-Identifier: MIT
 *
 * `rehearse`: the twin is like the chip, what is done to it is shown, and the chip is only read.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>
#include <unistd.h>

#include "server/engine_state.h"

/* One of each kind of controller, with something that is not as the factory left it. */
static const struct {
	const char *part, *option;
	uint32_t value;
} chips[] = {
	{ "STM32F030F4", "nRST_STOP", 0 }, { "STM32F103C8", "nRST_STOP", 0 }, { "STM32F303CC", "nRST_STDBY", 0 },
	{ "STM32F205VG", "BOR_LEV", 2 }, { "STM32F407VG", "nWRP", 0xFF0 }, { "STM32F429VI", "DB1M", 1 },
	{ "STM32F722RE", "IWDG_STOP", 0 }, { "STM32F767VI", "nDBANK", 0 }, { "STM32L053C8", "nRST_STOP", 0 },
	{ "STM32L151CB", "nRST_STOP", 0 }, { "STM32L476RG", "WRP1A_STRT", 3 }, { "STM32L4R5ZI", "nRST_SHDW", 0 },
	{ "STM32G071RB", "nBOOT_SEL", 0 }, { "STM32G0B1RE", "IWDG_STOP", 0 }, { "STM32G474RE", "DBANK", 0 },
	{ "STM32C031C6", "nRST_STOP", 0 }, { "STM32U083RC", "nRST_STOP", 0 }, { "STM32L552ZE", "nRST_STOP", 0 },
	{ "STM32U575ZI", "SWAP_BANK", 1 }, { "STM32WBA55CG", "nRST_STOP", 0 }, { "STM32WB55RG", "nRST_STOP", 0 },
	{ "STM32WLE5JC", "nRST_STOP", 0 }, { "STM32H743VI", "SWAP_BANK_OPT", 1 }, { "STM32H7B3ZI", "NRST_STOP_D1", 0 },
	{ "STM32H563ZI", "SWAP_BANK", 1 }, { "STM32H7S7L8", "IWDG_HW", 0 },
};

static struct harness *start(const char *part, const char *option, uint32_t value)
{
	struct harness *h = harness_init(part);
	struct chip *chip = calloc(1, sizeof(*chip));

	assert_non_null(chip);
	assert_int_equal(chip_find_part(chip, h->chips, part, NULL), 0);
	if (option && chip_set_option(chip, option, value))
		fail_msg("%s has no %s", part, option);
	chip_virtual_spec(chip, part, &h->spec);
	free(chip);
	return bench_start(h);
}

/* What the twin said, without the marks at the beginnings of its lines. */
static void twins_words(const char *said, char *out, size_t size)
{
	size_t used = 0;

	for (const char *line = said; line && *line && used + 1 < size; ) {
		const char *end = strchr(line, '\n');
		size_t length = end ? (size_t)(end - line) + 1 : strlen(line);

		if (!strncmp(line, "  | ", 4))
			used += (size_t)snprintf(out + used, size - used, "%.*s", (int)length - 4, line + 4);
		line = end ? end + 1 : NULL;
	}
}

static void same_on_the_twin(struct harness *h, const char *part, const char *command)
{
	static char here[16384], there[16384];
	char rehearse[100];

	harness_monitor(h, "version");		/* what the connect had to say */
	snprintf(here, sizeof(here), "%s", harness_monitor(h, command));
	snprintf(rehearse, sizeof(rehearse), "rehearse %s", command);
	there[0] = '\0';
	twins_words(harness_monitor(h, rehearse), there, sizeof(there));
	if (strcmp(here, there))
		fail_msg("%s: %s: here it is\n%.3000s, on the twin\n%.3000s", part, command, here,
			 there[0] ? there : h->clients[0].console);
}

static void a_twin_has_the_same_option_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chips); i++) {
		struct harness *h = start(chips[i].part, chips[i].option, chips[i].value);

		same_on_the_twin(h, chips[i].part, "option");
		same_on_the_twin(h, chips[i].part, "protect");
		harness_free(h);
	}
}

static void a_twin_has_the_same_otp_and_flash(void **state)
{
	struct harness *h = start("STM32F407VG", NULL, 0);
	uint8_t data[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	harness_poke(h, 0x08020010, data, sizeof(data));
	confirmed(h, "otp write 0x1fff7840 c0ffee");
	confirmed(h, "otp lock 3");
	same_on_the_twin(h, "STM32F407VG", "otp");
	same_on_the_twin(h, "STM32F407VG", "flash info");
	same_on_the_twin(h, "STM32F407VG", "mdw 0x08020000 32");
	same_on_the_twin(h, "STM32F407VG", "mdw 0x1fff7a10 3");
	says(h, "rehearse otp write 0x1fff7860 00", "locked for ever");
	harness_free(h);
	h = start("STM32L476RG", NULL, 0);
	confirmed(h, "otp write 0x1fff7008 0123456789abcdef");
	same_on_the_twin(h, "STM32L476RG", "otp");
	says(h, "rehearse otp write 0x1fff7008 0000000000000000", "once only");
	harness_free(h);
}

/* ---- the chip is only read ---- */

static struct {
	int (*exchange)(struct link *link, struct link_exchange *x);
	unsigned all, writes;
} counted;

/* Commands of the ST-LINK that change something behind it: 32, 8 and 16 bit writes, registers, resets, run, step. */
static int count_exchange(struct link *link, struct link_exchange *x)
{
	static const uint8_t writes[] = { 0x08, 0x0D, 0x48, 0x35, 0x33, 0x34, 0x32, 0x31, 0x09, 0x0A, 0x46, 0x3C,
					  0x51 };

	counted.all++;
	for (size_t i = 0; i < sizeof(writes) && x->command[0] == 0xF2; i++)
		counted.writes += x->command[1] == writes[i];
	return counted.exchange(link, x);
}

static void watch(struct harness *h, struct link_ops *ops)
{
	*ops = *h->link->ops;
	counted.exchange = ops->exchange;
	counted.all = counted.writes = 0;
	ops->exchange = count_exchange;
	h->link->ops = ops;
}

static void the_chip_is_not_written_to(void **state)
{
	static const char *const commands[] = {
		"rehearse option set BOR_LEV=level1", "rehearse option set RDP=level2", "rehearse otp lock 15",
		"rehearse otp write 0x1fff7800 00", "rehearse flash erase all", "rehearse protect off",
		"rehearse mww 0x20000000 1", "rehearse reset run",
	};
	struct harness *h = start("STM32F407VG", NULL, 0);
	uint8_t before[0x210], now[0x210];
	struct link_ops ops;

	(void)state;
	harness_monitor(h, "halt");
	harness_peek(h, 0x1FFF7800, before, sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct link_ops *usual = h->link->ops;
		uint32_t optcr = bench_word(h, 0x40023C14);

		watch(h, &ops);
		if (!strstr(harness_monitor(h, commands[i]), "The chip was not touched"))
			fail_msg("%s: %s", commands[i], h->clients[0].console);
		assert_true(counted.all > 0);
		if (counted.writes)
			fail_msg("%s: %u writes", commands[i], counted.writes);
		h->link->ops = usual;
		assert_int_equal(bench_word(h, 0x40023C14), optcr);
		harness_peek(h, 0x1FFF7800, now, sizeof(now));
		assert_memory_equal(before, now, sizeof(now));
	}
	watch(h, &ops);
	harness_monitor(h, "mww 0x20000000 1");
	assert_true(counted.writes > 0);		/* it does count */
	harness_free(h);
}

static void the_outcome_is_shown(void **state)
{
	struct harness *h = start("STM32F407VG", NULL, 0);

	(void)state;
	says(h, "rehearse option set RDP=level2", "the debug port closes for ever");
	says(h, "rehearse option set RDP=level2", "A token is asked for here");
	says(h, "rehearse otp lock 15", "block 15 is locked");
	says(h, "rehearse option set NOTHING=1", "has no option 'NOTHING'");
	says(h, "rehearse option set NOTHING=1", "did not come through");
	says(h, "rehearse frobnicate", "Unknown command");
	says(h, "rehearse rehearse info", "rehearsal of a rehearsal");
	says(h, "rehearse", "Usage: rehearse COMMAND");
	says(h, "otp", "block 0-15    0x1fff7800 empty, open");
	harness_free(h);
	h = start("STM32F407VG", "RDP", 0xBB);
	says(h, "rehearse protect off", "all of flash and the backup RAM are erased");
	says(h, "rehearse protect off", "All of flash is blank");
	says(h, "rehearse flash info", "flash can't be read: the twin's is blank");
	harness_free(h);
}

static void who_wants_to_end_does_not_wait(void **state)
{
	struct harness *h = start("STM32F407VG", NULL, 0);

	(void)state;
	harness_monitor(h, "version");
	engine_flags_quit(&h->flags);
	says(h, "rehearse flash erase all", "nterrupted");
	harness_free(h);
}

static void without_the_program_it_says_so(void **state)
{
	struct harness *h = start("STM32F407VG", NULL, 0);
	char *path = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	says(h, "rehearse otp lock 15", "tether-virtual: No such file or directory");
	says(h, "rehearse otp lock 15", "`make` builds it");
	setenv("PATH", path, 1);
	free(path);
	harness_free(h);
}

/* build/engine/rehearse runs build/tether-virtual. */
static int find_program(void **state)
{
	char path[4096] = { 0 }, *end, *all = NULL;

	(void)state;
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return -1;
	for (unsigned i = 0; i < 2 && (end = strrchr(path, '/')); i++)
		*end = '\0';
	if (asprintf(&all, "%s:%s", path, getenv("PATH")) < 0)
		return -1;
	setenv("PATH", all, 1);
	free(all);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_twin_has_the_same_option_bytes),
		cmocka_unit_test(a_twin_has_the_same_otp_and_flash),
		cmocka_unit_test(the_chip_is_not_written_to),
		cmocka_unit_test(the_outcome_is_shown),
		cmocka_unit_test(who_wants_to_end_does_not_wait),
		cmocka_unit_test(without_the_program_it_says_so),
	};

	return cmocka_run_group_tests_name("rehearse", tests, find_program, NULL);
}
