/* SPDX-License-Identifier: MIT
 *
 * What can't be undone takes a token, whichever way it comes: as a monitor command of GDB, of `tether run` (and so of
 * its scripts), or out of a file of option bytes. A row is an act; a path is a way to ask for it.
 */
#include "tests/engine/option_bench.h"

#include <regex.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/engine_state.h"

struct act {
	const char *part, *what;	/* option fields, or a command of OTP */
};

static const struct act acts[] = {
	{ "STM32F072RB", "RDP=level2" },
	{ "STM32F407VG", "RDP=level2" },
	{ "STM32F429VI", "SPRMOD=pcrop nWRP=0 nWRP2=0" },
	{ "STM32F722RE", "PCROP0=1" },
	{ "STM32L053C8", "RDP=level2" },
	{ "STM32L151CB", "RDP=level2" },
	{ "STM32L476RG", "PCROP1_STRT=0 PCROP1_END=1" },
	{ "STM32L476RG", "PCROP_RDP=erased" },
	{ "STM32G071RB", "BOOT_LOCK=yes" },
	{ "STM32G071RB", "PCROP1A_STRT=0 PCROP1A_END=1" },
	{ "STM32G071RB", "SEC_SIZE=4" },
	{ "STM32G431RB", "SEC_SIZE1=2" },
	{ "STM32U575ZI", "UNLOCK_1A=locked" },
	{ "STM32U083RC", "HDP1EN=0" },
	{ "STM32L552ZE", "BOOT_LOCK=1" },
	{ "STM32H743VI", "PROT_AREA_START1=0 PROT_AREA_END1=1" },
	{ "STM32H7B3ZI", "OTPBL=1" },
	{ "STM32H563ZI", "NSEPOCH=1" },
	{ "STM32H563ZI", "OTPBL=1" },
	{ "STM32H563ZI", "NSBOOT_LOCK=0xb4" },
	{ "STM32F407VG", "otp write 0x1fff7800 12" },
	{ "STM32F407VG", "otp lock 15" },
	{ "STM32L476RG", "otp write 0x1fff7000 0123456789abcdef" },
	{ "STM32U575ZI", "otp write 0x0bfa0000 000102030405060708090a0b0c0d0e0f" },
};

/* ---- paths ---- */

static char options_file[40];

static char said[16384];

static void hear(void *context, const char *text)
{
	(void)context;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s", text);
}

static void by_gdb(struct harness *h, const char *line)
{
	snprintf(said, sizeof(said), "%s", harness_monitor(h, line));
}

static void by_run(struct harness *h, const char *line)
{
	struct why why = { "" };

	said[0] = '\0';
	engine_monitor(h->engine, line, hear, NULL, &why);
	hear(NULL, why.text);
}

static bool is_otp(const struct act *act)
{
	return !strncmp(act->what, "otp ", 4);
}

/* The command for it; a path by file has one written. */
static void command_of(struct harness *h, const struct act *act, bool by_file, char *line, size_t size)
{
	char text[200], *rest = text, *word;
	FILE *file;

	snprintf(line, size, "%s%s", is_otp(act) ? "" : "option set ", act->what);
	if (!by_file)
		return;
	file = fopen(options_file, "w");
	assert_non_null(file);
	fprintf(file, "chip = %s\n", h->engine->board.chip.name);
	snprintf(text, sizeof(text), "%s", act->what);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		*value++ = '\0';
		fprintf(file, "%s = %s\n", word, value);
	}
	fclose(file);
	snprintf(line, size, "option restore %s", options_file);
}

static const struct path {
	const char *name;
	void (*say)(struct harness *h, const char *line);
	bool by_file;
} paths[] = {
	{ "GDB", by_gdb, false }, { "tether run", by_run, false },
	{ "a file, by GDB", by_gdb, true }, { "a file, by tether run", by_run, true },
};

/* ---- what the chip holds ---- */

enum { OTP_SEEN = 0x400 };

struct state {
	uint32_t words[CHIP_OPTION_WORDS];
	uint8_t otp[OTP_SEEN], locks[16];
};

static void look(struct harness *h, struct state *state)
{
	const struct chip *chip = &h->engine->board.chip;

	memset(state, 0, sizeof(*state));
	for (size_t i = 0; i < chip->option_word_count; i++)
		state->words[i] = bench_word(h, chip->option_words[i].address) & chip->option_words[i].writable;
	if (chip->otp_size && chip->otp_unit)
		harness_peek(h, chip->otp_base, state->otp, min_u32(chip->otp_size, OTP_SEEN));
	if (chip->otp_locks)
		harness_peek(h, chip->otp_locks, state->locks, sizeof(state->locks));
	if (chip->otp_locks)
		harness_peek(h, chip->otp_base, state->otp, min_u32(chip->otp_size, OTP_SEEN));
}

static bool is_same(struct harness *h, const struct state *before)
{
	struct state now;

	look(h, &now);
	return !memcmp(&now, before, sizeof(now));
}

static void take_token(const struct act *act, const struct path *path, char token[9])
{
	const char *at = strstr(said, "`confirm ");

	if (!at || !strstr(said, "Nothing was done"))
		fail_msg("%s: %s by %s is not refused: %s", act->part, act->what, path->name, said);
	snprintf(token, 9, "%.8s", at + 9);
}

static struct harness *start(const struct act *act, const char *serial, uint8_t uid)
{
	struct harness *h = harness_init(act->part);

	snprintf(h->spec.serial, sizeof(h->spec.serial), "%s", serial);
	h->spec.uid[0] = uid;
	return bench_start(h);
}

static void token_on(const struct act *act, const struct path *path, const char *serial, uint8_t uid, char token[9])
{
	struct harness *h = start(act, serial, uid);
	char line[300];

	command_of(h, act, path->by_file, line, sizeof(line));
	path->say(h, line);
	take_token(act, path, token);
	harness_free(h);
}

static void refused(struct harness *h, const struct act *act, const struct path *path, const char *line,
		    const char *token, const struct state *before)
{
	char with[340];

	snprintf(with, sizeof(with), "%s%s%s", line, *token ? " confirm " : "", token);
	path->say(h, with);
	if (!strstr(said, "Nothing was done") || !is_same(h, before))
		fail_msg("%s: %s by %s with '%s': %s", act->part, act->what, path->name, token, said);
}

static void guard(const struct act *act, const struct path *path)
{
	struct harness *h = start(act, "A", 1);
	char line[300], with[340], token[9], other[9];
	struct state before, after;

	command_of(h, act, path->by_file, line, sizeof(line));
	look(h, &before);
	refused(h, act, path, line, "", &before);
	take_token(act, path, token);
	refused(h, act, path, line, "12345678", &before);
	if (path == paths) {
		token_on(act, path, "B", 1, other);
		refused(h, act, path, line, other, &before);
		token_on(act, path, "A", 2, other);
		refused(h, act, path, line, other, &before);
	}

	snprintf(with, sizeof(with), "%s confirm %s", line, token);
	path->say(h, with);
	look(h, &after);
	if (!memcmp(&before, &after, sizeof(after)) && !strstr(said, "closed for ever"))
		fail_msg("%s: %s by %s is not done: %s", act->part, act->what, path->name, said);
	if (h->engine->board.attached) {
		path->say(h, with);		/* once more: there is nothing left to do */
		assert_true(is_same(h, &after));
	}
	harness_free(h);
}

static void every_act_takes_its_token_on_every_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		for (size_t p = 0; p < ARRAY_SIZE(paths); p++)
			if (!is_otp(&acts[i]) || !paths[p].by_file)
				guard(&acts[i], &paths[p]);
}

/* ---- the token ---- */

static void a_token_is_for_one_plan_and_one_state(void **state)
{
	struct harness *h = bench_new("STM32F407VG");
	char token[9], line[100];

	(void)state;
	snprintf(said, sizeof(said), "%s", harness_monitor(h, "option set RDP=level2"));
	take_token(&acts[1], &paths[0], token);
	snprintf(line, sizeof(line), "option set RDP=level2 nWRP=sectors:1 confirm %s", token);
	says(h, line, "for another chip or another plan");
	snprintf(line, sizeof(line), "otp lock 15 confirm %s", token);
	says(h, line, "for another chip or another plan");
	says(h, "option set BOR_LEV=level1", "read back");
	snprintf(line, sizeof(line), "option set RDP=level2 confirm %s", token);
	says(h, line, "what is in the chip has changed");
	says(h, "option get RDP", "0xaa");
	says(h, "option set BOR_LEV=off", "read back");
	says(h, "option set RDP=level2", token);	/* made anew, it is the same: nothing is stored */

	snprintf(said, sizeof(said), "%s", harness_monitor(h, "otp write 0x1fff7800 f0"));
	take_token(&acts[1], &paths[0], token);
	confirmed(h, "otp write 0x1fff7800 f1");
	snprintf(line, sizeof(line), "otp write 0x1fff7800 f0 confirm %s", token);
	says(h, line, "what is in the chip has changed");
	snprintf(line, sizeof(line), "otp lock 0 confirm %s", token);
	says(h, line, "for another chip or another plan");
	harness_free(h);
}

/* ---- no field is forgotten ---- */

/* Names of the reference manuals for what only erasing takes back, or nothing. */
static const char lasting[] =
	"^(RDP|PCROP.*|SPRMOD|WPRMOD|SEC_?SIZE[0-9]?|SECWM.*|SEC_AREA.*|SECURITY|PROT_AREA.*|DME[PS][0-9]|HDP.*|.*BOOT_LOCK|"
	"UNLOCK.*|OTPBL|OTPL|.*EPOCH|PRODUCT_STATE|NVSTATE|DBG_AUTH|OEM_PROVD|IROT_SELECT|TZEN|BOOT_UBE|SFSA|FSD|DDS|SBRV|SBRSA|"
	"SNBRSA|C2OPT|BRSD|NBRSD|ESE|SUBGHZSPISD)$";

static const char *const kinds[] = {
	"STM32F072RB", "STM32F103C8", "STM32F303CC", "STM32F205VG", "STM32F407VG", "STM32F429VI", "STM32F722RE",
	"STM32F767VI", "STM32L053C8", "STM32L151CB", "STM32L476RG", "STM32L433RC", "STM32L4R5ZI", "STM32G071RB",
	"STM32G0B1RE", "STM32G431RB", "STM32G474RE", "STM32C031C6", "STM32U083RC", "STM32L552ZE", "STM32U575ZI",
	"STM32U385RG", "STM32WBA55CG", "STM32WB55RG", "STM32WLE5JC", "STM32H743VI", "STM32H7B3ZI", "STM32H563ZI",
	"STM32H503CB", "STM32H7S7L8",
};

static void one_bit(struct harness *h, const struct chip_option_field *field, const struct state *before)
{
	uint32_t value = before->words[field->word] >> field->low &
			 UINT32_MAX >> (31 - (field->high - field->low));
	char line[100];

	snprintf(line, sizeof(line), "option set %s=%u", field->name, value ^ 1);
	harness_monitor(h, line);
	if (!is_same(h, before))
		fail_msg("%s: '%s' was done: %s", h->spec.chip, line, h->clients[0].console);
}

static void no_lasting_field_changes_without_a_token(void **state)
{
	regex_t names;

	(void)state;
	assert_int_equal(regcomp(&names, lasting, REG_EXTENDED | REG_NOSUB), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct harness *h = bench_new(kinds[i]);
		const struct chip *chip = &h->engine->board.chip;
		struct state before;

		look(h, &before);
		for (size_t f = 0; f < chip->option_field_count; f++) {
			const struct chip_option_field *field = &chip->option_fields[f];
			bool raises = field->erases;	/* RDP from 0 to 1 comes off again */

			if (!raises && !regexec(&names, field->name, 0, NULL, 0))
				one_bit(h, field, &before);
		}
		harness_free(h);
	}
	regfree(&names);
}

/* ---- and memory writes are no way round ---- */

static void plain_writes_are_refused(void **state)
{
	static const struct {
		const char *part, *line, *answer;
	} rows[] = {
		{ "STM32F407VG", "mwb 0x1fff7800 0", "one-time programmable" },
		{ "STM32F407VG", "mwb 0x1fff7a0f 0", "one-time programmable" },
		{ "STM32F103C8", "mwh 0x1ffff800 0x5aa5", "among the option bytes" },
		{ "STM32L053C8", "mww 0x1ff80000 0", "among the option bytes" },
		{ "STM32L476RG", "mww 0x1fff7000 0", "one-time programmable" },
		{ "STM32L476RG", "mww 0x1fff7800 0", "among the option bytes" },
		{ "STM32U575ZI", "mww 0x0bfa0000 0", "one-time programmable" },
		{ "STM32H563ZI", "mww 0x08fff000 0", "one-time programmable" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = bench_new(rows[i].part);
		struct state before;

		look(h, &before);
		says(h, rows[i].line, rows[i].answer);
		assert_true(is_same(h, &before));
		harness_free(h);
	}
}

/* Registers of the controller are for those who know them; it is said that no token guards them. */
static void registers_are_out_of_reach_and_that_is_said(void **state)
{
	struct harness *h = bench_new("STM32F407VG");

	(void)state;
	says(h, "mww 0x40023c08 0x08192a3b", "register of the flash controller");
	assert_null(strstr(harness_monitor(h, "mww 0x20000000 1"), "flash controller"));
	harness_free(h);
}

static int name_file(void **state)
{
	(void)state;
	snprintf(options_file, sizeof(options_file), "/tmp/tether-guard-%d", (int)getpid());
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(options_file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_act_takes_its_token_on_every_path),
		cmocka_unit_test(a_token_is_for_one_plan_and_one_state),
		cmocka_unit_test(no_lasting_field_changes_without_a_token),
		cmocka_unit_test(plain_writes_are_refused),
		cmocka_unit_test(registers_are_out_of_reach_and_that_is_said),
	};

	return cmocka_run_group_tests_name("guard", tests, name_file, remove_file);
}
