/* SPDX-License-Identifier: MIT
 *
 * The power cut at each USB command of a change of option bytes, and nobody there for a while: what is stored then is
 * the old, the new, or something that the next connect names and `option finish` puts right. One of each kind of
 * controller. FULL=1 takes every command, else some of them.
 */
#include "tests/engine/option_bench.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/virtual/link_virtual.h"
#include "server/engine_state.h"

struct subject {
	const char *part, *set;
};

static const struct subject subjects[] = {
	{ "STM32F407VG", "BOR_LEV=level1" },
	{ "STM32F722RE", "IWDG_STOP=frozen" },
	{ "STM32F072RB", "nRST_STOP=reset" },
	{ "STM32F103C8", "Data0=0x5a" },
	{ "STM32L053C8", "nRST_STOP=reset" },
	{ "STM32L151CB", "nRST_STOP=reset" },
	{ "STM32L476RG", "nRST_STOP=reset" },
	{ "STM32G071RB", "nRST_STOP=reset" },
	{ "STM32G474RE", "nRST_STOP=reset" },
	{ "STM32L552ZE", "nRST_STOP=reset" },
	{ "STM32U575ZI", "nRST_STOP=reset" },
	{ "STM32WBA55CG", "nRST_STOP=reset" },
	{ "STM32WB55RG", "nRST_STOP=reset" },
	{ "STM32WL55JC", "nRST_STOP=reset" },
	{ "STM32U385RG", "nRST_STOP=reset" },
	{ "STM32H743VI", "NRST_STOP_D1=reset" },
	{ "STM32H7B3ZI", "NRST_STOP_D1=reset" },
	{ "STM32H563ZI", "NRST_STDBY=0" },
	{ "STM32H7S7L8", "IWDG_FZ_STOP=0 WRPS=0xfe" },
	{ "STM32F205VG", "nRST_STOP=reset" },
	{ "STM32F429VI", "DB1M=dual" },
	{ "STM32F303CC", "nRST_STDBY=reset" },
	{ "STM32L4R5ZI", "nRST_SHDW=reset" },
	{ "STM32L433RC", "nRST_STOP=reset" },
	{ "STM32G0B1RE", "IWDG_STOP=frozen" },
	{ "STM32C031C6", "nRST_STOP=reset" },
	{ "STM32U083RC", "nRST_STOP=reset" },
};

enum { SAMPLE = 31, PLACES_MOST = 400 };

static struct faults *faults_of(struct harness *h)
{
	return firmware_faults(virtual_link_firmware(h->link));
}

static void read_words(struct harness *h, uint32_t *words)
{
	const struct chip *chip = &h->engine->board.chip;

	for (size_t i = 0; i < CHIP_OPTION_WORDS; i++)
		words[i] = i < chip->option_word_count ?
			   bench_word(h, chip->option_words[i].address) & chip->option_words[i].writable : 0;
}

static void cycle_power(struct harness *h)
{
	machine_set_power(h->machine, false);
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
}

/* How many commands it takes undisturbed, and what it makes of the words. */
static unsigned rehearse(const char *part, const char *line, uint32_t *new)
{
	struct harness *h = bench_new(part);
	struct why why = { "" };
	unsigned count;

	assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
	says(h, line, "read back");
	count = (unsigned)faults_of(h)->seen[FAULT_AT_COMMAND];
	cycle_power(h);
	read_words(h, new);
	harness_free(h);
	return count;
}

/* The command, and again with the token that it asks for. */
static const char *insist(struct harness *h, const char *command)
{
	char line[120];
	const char *at = strstr(harness_monitor(h, command), "`confirm ");

	if (!at)
		return h->clients[0].console;
	snprintf(line, sizeof(line), "%s confirm %.8s", command, at + 9);
	return harness_monitor(h, line);
}

enum outcome { OLD, NEW, PUT_RIGHT };

static enum outcome suffer(const char *part, const char *line, unsigned place, const uint32_t *new)
{
	struct harness *h = bench_new(part);
	uint32_t before[CHIP_OPTION_WORDS], now[CHIP_OPTION_WORDS];
	enum outcome outcome = PUT_RIGHT;
	struct why why = { "" };
	char rule[60];

	read_words(h, before);
	snprintf(rule, sizeof(rule), "command %u power-off", place);
	assert_int_equal(faults_parse(faults_of(h), rule, &why), 0);
	insist(h, line);
	if (strstr(h->clients[0].console, "read back;"))
		fail_msg("%s: cut at %u: told is: %s", part, place, h->clients[0].console);
	faults_of(h)->count = 0;
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	read_words(h, now);
	harness_monitor(h, "connect");
	if (!memcmp(now, before, sizeof(now)))
		outcome = OLD;
	else if (!memcmp(now, new, sizeof(now)))
		outcome = NEW;
	else if (!strstr(h->clients[0].console, "broke off"))
		fail_msg("%s: cut at %u: 0x%08x is there, told is: %s", part, place, now[0], h->clients[0].console);
	if (outcome == PUT_RIGHT && !strstr(insist(h, "option finish"), "read back"))
		fail_msg("%s: cut at %u: not put right: %s", part, place, h->clients[0].console);
	if (outcome == PUT_RIGHT) {
		cycle_power(h);
		read_words(h, now);
		assert_memory_equal(now, new, sizeof(now));
	}
	harness_free(h);
	return outcome;
}

static void sweep(const char *part, const char *line, const uint32_t *new, unsigned count, unsigned first)
{
	unsigned outcomes[3] = { 0 };

	assert_in_range(count, 10, PLACES_MOST);
	for (unsigned place = getenv("FULL") ? 1 : first; place <= count; place += getenv("FULL") ? 1 : SAMPLE)
		outcomes[suffer(part, line, place, new)]++;
	printf("%s: %u old, %u new, %u put right\n", part, outcomes[OLD], outcomes[NEW], outcomes[PUT_RIGHT]);
}

static void lost_power_leaves_what_is_known(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(subjects); s++) {
		uint32_t new[CHIP_OPTION_WORDS];
		char line[80];
		unsigned count;

		snprintf(line, sizeof(line), "option set %s", subjects[s].set);
		count = rehearse(subjects[s].part, line, new);
		sweep(subjects[s].part, line, new, count, 1 + (unsigned)(5 * s) % SAMPLE);
	}
}

/* ---- the end of read protection ---- */

static struct harness *protected_chip(const char *part)
{
	struct harness *h = harness_init(part);
	struct chip *chip = calloc(1, sizeof(*chip));
	uint8_t secret[256];

	assert_non_null(chip);
	assert_int_equal(chip_find_part(chip, h->chips, part, NULL), 0);
	assert_int_equal(chip_set_option(chip, "RDP", 0xBB), 0);
	chip_virtual_spec(chip, part, &h->spec);
	memset(secret, 0x5E, sizeof(secret));
	bench_start(h);
	harness_poke(h, chip->banks[0].base + 0x1000, secret, sizeof(secret));
	free(chip);
	return h;
}

static bool secret_is_there(struct harness *h)
{
	uint8_t byte;

	harness_peek(h, h->engine->board.chip.banks[0].base + 0x1000, &byte, 1);
	return byte == 0x5E;
}

/* Cut anywhere, it is begun again; what it says in the end is true. The link may get lost, too. */
static void suffer_off(const char *part, const char *what, unsigned place)
{
	struct harness *h = protected_chip(part);
	struct why why = { "" };
	char rule[60];

	snprintf(rule, sizeof(rule), "command %u %s", place, what);
	assert_int_equal(faults_parse(faults_of(h), rule, &why), 0);
	insist(h, "protect off");
	faults_of(h)->count = 0;
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	if (firmware_is_gone(virtual_link_firmware(h->link)))
		firmware_replug(virtual_link_firmware(h->link));
	harness_monitor(h, "connect");
	if (strstr(harness_monitor(h, "protect"), "`protect off` ends it") &&
	    !strstr(insist(h, "protect off"), "All of flash is blank"))
		fail_msg("%s: %s: %s", part, rule, h->clients[0].console);
	if (strstr(harness_monitor(h, "protect"), "switch the chip's power off and on")) {
		cycle_power(h);		/* as it says */
		harness_monitor(h, "connect");
	}
	says(h, "protect", "can read and write everything");
	if (secret_is_there(h))
		fail_msg("%s: %s: open, and not erased", part, rule);
	harness_free(h);
}

static void the_end_of_protection_is_begun_again(void **state)
{
	static const char *const losses[] = { "power-off", "timeout", "gone 300", "gone" };
	static const char *const parts[] = {
		"STM32F407VG", "STM32F722RE", "STM32F072RB", "STM32F103C8", "STM32L053C8", "STM32L151CB", "STM32L476RG",
		"STM32G071RB", "STM32L552ZE", "STM32U575ZI", "STM32WBA55CG", "STM32H743VI", "STM32H7B3ZI",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = protected_chip(parts[i]);
		struct why why = { "" };
		unsigned count;

		assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
		assert_true(secret_is_there(h));
		insist(h, "protect off");
		count = (unsigned)faults_of(h)->seen[FAULT_AT_COMMAND];
		harness_free(h);
		assert_in_range(count, 10, 2000);
		/* Most of it is polling while flash is erased. */
		for (unsigned place = 1 + (unsigned)i, n = (unsigned)i; place <= count;
		     place += getenv("FULL") ? 1 + count / 120 : count / 3, n++)
			suffer_off(parts[i], losses[n % ARRAY_SIZE(losses)], place);
		printf("%s: %u commands\n", parts[i], count);
	}
}

/* ---- OTP ---- */

struct otp_act {
	const char *part, *command, *done;
	bool torn;		/* a unit that was cut short can't be written any more */
};

static void suffer_otp(const struct otp_act *act, unsigned place)
{
	struct harness *h = bench_new(act->part);
	struct why why = { "" };
	const char *again;
	char rule[60];

	snprintf(rule, sizeof(rule), "command %u power-off", place);
	assert_int_equal(faults_parse(faults_of(h), rule, &why), 0);
	insist(h, act->command);
	faults_of(h)->count = 0;
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	harness_monitor(h, "connect");
	again = insist(h, act->command);
	if (!strstr(again, act->done) && !strstr(again, "there already") && !strstr(again, "Locked already") &&
	    !strstr(again, "like that already") &&
	    !(act->torn && strstr(again, "once only")))
		fail_msg("%s: %s cut at %u: %s", act->part, act->command, place, again);
	harness_free(h);
}

static void otp_cut_short_is_done_again_or_told(void **state)
{
	static const struct otp_act acts[] = {
		{ "STM32F407VG", "otp write 0x1fff7800 123456", "verified", false },
		{ "STM32F407VG", "otp lock 15", "is locked", false },
		{ "STM32L476RG", "otp write 0x1fff7000 0123456789abcdef", "verified", true },
		{ "STM32U575ZI", "otp write 0x0bfa0000 000102030405060708090a0b0c0d0e0f", "verified", true },
		{ "STM32H563ZI", "otp write 0x08fff000 01234567", "verified", true },
		{ "STM32H7B3ZI", "otp write 0x08fff000 01234567", "verified", true },
		{ "STM32H7S7L8", "otp write 0x08fff000 01234567", "verified", true },
		{ "STM32H563ZI", "otp lock 3", "read back", false },
		{ "STM32H7B3ZI", "otp lock 3", "read back", false },
		{ "STM32H7S7L8", "otp lock 3", "read back", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct harness *h = bench_new(acts[i].part);
		struct why why = { "" };
		unsigned count;

		assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
		insist(h, acts[i].command);
		count = (unsigned)faults_of(h)->seen[FAULT_AT_COMMAND];
		harness_free(h);
		for (unsigned place = 1; place <= count; place += getenv("FULL") ? 1 : 7)
			suffer_otp(&acts[i], place);
	}
}

/* ---- the process killed ---- */

static struct {
	char folder[40], image[60];
	int (*exchange)(struct link *link, struct link_exchange *x);
	struct machine *machine;
	unsigned left;
} killing;

/* What the chip holds by then goes into its image file. */
static int count_down(struct link *link, struct link_exchange *x)
{
	if (!--killing.left) {
		machine_free(killing.machine);
		raise(SIGKILL);
	}
	return killing.exchange(link, x);
}

/* A board that outlives processes, and is no virtual one for what is kept on disk. */
static struct harness *lasting_board(const char *part)
{
	struct harness *h = harness_init(part);

	snprintf(h->spec.image, sizeof(h->spec.image), "%s", killing.image);
	harness_start(h);
	snprintf(h->link->identity.path, sizeof(h->link->identity.path), "usb:1-1");
	harness_connect_gdb(h, 0);
	return h;
}

static void change_and_die(const char *part, const char *line, unsigned place)
{
	struct harness *h = lasting_board(part);
	struct link_ops ops = *h->link->ops;

	killing.exchange = ops.exchange;
	killing.machine = h->machine;
	killing.left = place;
	ops.exchange = count_down;
	h->link->ops = &ops;
	harness_monitor(h, line);
	_exit(0);		/* it was too late to be killed */
}

static bool is_killed(const char *part, const char *line, unsigned place)
{
	pid_t child = fork();
	int status;

	if (!child)
		change_and_die(part, line, place);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status);
}

static void what_a_killed_process_left_is_told(const char *part, const char *line, unsigned place,
					       const uint32_t *old, const uint32_t *new, unsigned *told)
{
	uint32_t now[CHIP_OPTION_WORDS];
	struct harness *h = lasting_board(part);
	const char *text = harness_monitor(h, "version");
	const char *said = strstr(text, "broke off: the old ones") ? "old" : strstr(text, "broke off: the new ones") ? "new" :
			   strstr(text, "`option finish`") ? "neither" : "nothing";

	told[*said == 'o' ? OLD : said[2] == 'w' ? NEW : PUT_RIGHT] += strcmp(said, "nothing") != 0;
	read_words(h, now);
	if (!strcmp(said, "nothing") ? memcmp(now, old, sizeof(now)) :
	    !strcmp(said, "old") ? memcmp(now, old, sizeof(now)) : !strcmp(said, "new") ? memcmp(now, new, sizeof(now)) : 0)
		fail_msg("%s: killed at %u: told is %s: %s", part, place, said, text);
	if (!strcmp(said, "neither") && !strstr(insist(h, "option finish"), "read back"))
		fail_msg("%s: killed at %u: not put right: %s", part, place, h->clients[0].console);
	harness_free(h);
	h = lasting_board(part);
	if (strstr(harness_monitor(h, "version"), "broke off"))
		fail_msg("%s: killed at %u: told again: %s", part, place, h->clients[0].console);
	if (strcmp(said, "nothing") && strcmp(said, "old"))
		says(h, line, "like that already");
	harness_free(h);
	remove(killing.image);
}

static void a_killed_process_is_remembered(void **state)
{
	static const struct subject killed[] = {
		{ "STM32F407VG", "BOR_LEV=level1" }, { "STM32F103C8", "Data0=0x5a" }, { "STM32L476RG", "nRST_STOP=reset" },
		{ "STM32H743VI", "NRST_STOP_D1=reset" },
	};
	char command[80];

	(void)state;
	snprintf(killing.folder, sizeof(killing.folder), "/tmp/tether-power-XXXXXX");
	assert_non_null(mkdtemp(killing.folder));
	setenv("XDG_RUNTIME_DIR", killing.folder, 1);
	snprintf(killing.image, sizeof(killing.image), "%s/chip", killing.folder);
	for (size_t i = 0; i < ARRAY_SIZE(killed); i++) {
		uint32_t old[CHIP_OPTION_WORDS], new[CHIP_OPTION_WORDS];
		struct harness *h = bench_new(killed[i].part);
		unsigned told[3] = { 0 };
		char line[80];

		read_words(h, old);
		harness_free(h);
		snprintf(line, sizeof(line), "option set %s", killed[i].set);
		rehearse(killed[i].part, line, new);
		for (unsigned place = 5; is_killed(killed[i].part, line, place); place += getenv("FULL") ? 1 : 8)
			what_a_killed_process_left_is_told(killed[i].part, line, place, old, new, told);
		printf("%s killed: told old %u, new %u, neither %u\n", killed[i].part, told[OLD], told[NEW], told[PUT_RIGHT]);
		assert_true(told[OLD] && told[NEW]);
		remove(killing.image);
	}
	snprintf(command, sizeof(command), "rm -r %s", killing.folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_power_leaves_what_is_known),
		cmocka_unit_test(the_end_of_protection_is_begun_again),
		cmocka_unit_test(otp_cut_short_is_done_again_or_told),
		cmocka_unit_test(a_killed_process_is_remembered),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("option_power", tests, NULL, NULL);
}
