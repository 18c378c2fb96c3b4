/* SPDX-License-Identifier: MIT
 *
 * Which chip is it? Boards made of a few words behind access ports, on an ST-LINK that answers from them;
 * what is not in the list is a bus fault, and is remembered.
 */
#include "targets/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "tests/unit/fake_link.h"

enum { CPUID = 0xE000ED00, DHCSR = 0xE000EDF0, DHCSR_HALT_BIT = 2, WORDS = 40, FAULTS = 64 };
enum { WAKE = 0xE00E1004, WAKE_SAME = 0x5C001004 };
enum { OK_STATUS = 0x80, AP_FAULT = 0x11, NO_AP = 0x1D };

struct word {
	uint8_t ap;
	uint32_t address, value, then;	/* then: what later reads give; 0 = the same */
};

/* A board: words, and what reads of it are like. */
struct world {
	struct fake_link fake;
	struct chip_library *library;
	struct board *board;
	struct why why;
	uint32_t dpidr;
	struct word words[WORDS];
	bool aps[8];
	uint32_t faults[FAULTS];	/* addresses that were tried in vain */
	unsigned fault_count;
	bool halted, size_needs_halt;
	bool asleep;			/* port 0 does not answer */
	uint32_t put_back;
	bool held, hidden_under_reset;	/* nRST is low; ids can't be read then */
	bool batch_ap;
	uint32_t batch[64];
	uint8_t batch_status[64];
	unsigned batch_count, writes;
};

static struct word *find_word(struct world *w, uint8_t ap, uint32_t address)
{
	for (unsigned i = 0; i < WORDS; i++) {
		if (w->words[i].address == address && w->words[i].ap == ap)
			return &w->words[i];
	}
	return NULL;
}

static bool in_core(uint32_t address)
{
	return address >> 12 == 0xE000E || address >> 12 == 0xE0001 || address >> 12 == 0xE0002;
}

static uint8_t read_word(struct world *w, uint8_t ap, uint32_t address, uint32_t *value)
{
	struct word *word = find_word(w, ap, address);

	*value = 0;
	if (w->asleep && ap == 0)
		return AP_FAULT;
	if (address == DHCSR) {
		*value = 0x01000000 | (w->halted ? 0x20001 : 0);
		return OK_STATUS;
	}
	if (word && !(w->held && w->hidden_under_reset && !in_core(address))) {
		*value = word->value;
		if (word->then && (!w->size_needs_halt || w->halted))
			word->value = word->then;
		return OK_STATUS;
	}
	if (in_core(address) && find_word(w, ap, CPUID))
		return OK_STATUS;
	if (w->fault_count < FAULTS)
		w->faults[w->fault_count++] = address;
	return AP_FAULT;
}

static uint8_t write_word(struct world *w, uint32_t address, uint32_t value)
{
	w->writes++;
	if (address == WAKE)
		w->asleep = false;
	if (address == WAKE_SAME)
		w->put_back = value;
	if (address == DHCSR)
		w->halted = value & DHCSR_HALT_BIT;
	return OK_STATUS;
}

static void answer(struct link_exchange *x, const void *bytes, size_t length)
{
	assert_true(length <= x->in_length);
	memcpy(x->in, bytes, length);
	x->in_got = length;
}

static void answer_status(struct link_exchange *x, uint8_t status)
{
	answer(x, (uint8_t[2]){ status, 0 }, 2);
}

static void run_batch(struct world *w, struct link_exchange *x)
{
	uint32_t count = get_u32(x->command + 2), padded = (count + 3) & ~3u, address = 0;
	const uint8_t *items = x->out, *values = items + padded;
	uint8_t ap = 0;

	w->batch_count = count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = get_u32(values + 4 * i);

		w->batch[i] = 0;
		w->batch_status[i] = OK_STATUS;
		if (items[i] == 1)
			address = value;
		else if (items[i] == 2)
			w->batch_status[i] = write_word(w, address, value);
		else if (items[i] == 3)
			w->batch_status[i] = read_word(w, ap, value, &w->batch[i]);
		else
			ap = (uint8_t)value;
	}
}

static void answer_batch(const struct world *w, struct link_exchange *x)
{
	uint8_t bytes[64 * 8] = { 0 };

	for (unsigned i = 0; i < w->batch_count; i++) {
		put_u32(bytes + 4 * i, w->batch[i]);
		bytes[4 * (w->batch_count + i)] = w->batch_status[i];
	}
	answer(x, bytes, 8 * w->batch_count);
}

static void answer_register(struct world *w, struct link_exchange *x)
{
	uint8_t bytes[8] = { 0 };
	uint32_t value;

	bytes[0] = read_word(w, x->command[6], get_u32(x->command + 2), &value);
	put_u32(bytes + 4, value);
	answer(x, bytes, 8);
}

/* A V2J37. */
static int exchange(struct fake_link *fake, struct link_exchange *x)
{
	struct world *w = fake->context;
	uint8_t ids[12] = { OK_STATUS };

	put_u32(ids + 4, w->dpidr);
	switch (x->command[0] << 8 | x->command[1]) {
	case 0xF100:
		answer(x, "\x29\x47\x83\x04\x48\x37", 6);
		break;
	case 0xF500:
		answer(x, "\1\0", 2);
		break;
	case 0xF700:
		answer(x, "\x9a\x06\0\0\x07\x08\0\0", 8);
		break;
	case 0xF231:
		answer(x, ids, 12);
		break;
	case 0xF236:
		answer_register(w, x);
		break;
	case 0xF235:
		answer_status(x, write_word(w, get_u32(x->command + 2), get_u32(x->command + 6)));
		break;
	case 0xF24B:
		answer_status(x, w->aps[x->command[2] & 7] ? OK_STATUS : NO_AP);
		break;
	case 0xF23C:
		w->held = x->command[2] == 0;
		answer_status(x, OK_STATUS);
		break;
	case 0xF251:
		run_batch(w, x);
		break;
	case 0xF252:
		answer_batch(w, x);
		break;
	case 0xF23E:
		answer(x, (uint8_t[12]){ OK_STATUS }, 12);
		break;
	case 0xF221:
		break;
	default:		/* enter, speed, abort: fine */
		answer_status(x, OK_STATUS);
	}
	return OK;
}

static struct world *open_world(uint32_t dpidr, const struct word *words, size_t count,
				enum connect_mode mode)
{
	struct world *w = calloc(1, sizeof(*w));
	struct board_options options = { .connect = mode };
	struct probe *probe;

	w->dpidr = dpidr;
	memcpy(w->words, words, count * sizeof(*words));
	for (size_t i = 0; i < count; i++)
		w->aps[words[i].ap & 7] = true;
	w->aps[0] = true;
	fake_link_init(&w->fake, NULL);
	w->fake.device = exchange;
	w->fake.context = w;
	assert_int_equal(chip_library_open(&w->library, NULL, &w->why), 0);
	assert_int_equal(probe_open(&probe, &w->fake.base, NULL), 0);
	options.chips = w->library;
	w->board = calloc(1, sizeof(*w->board));
	board_init(w->board, probe, &options);
	snprintf(probe_link(probe)->identity.path, sizeof(probe_link(probe)->identity.path), "virtual:");
	return w;
}

static void close_world(struct world *w)
{
	board_clear(w->board);
	chip_library_close(w->library);
	free(w->board);
	free(w);
}

static bool was_tried(const struct world *w, uint32_t address)
{
	for (unsigned i = 0; i < w->fault_count; i++) {
		if (w->faults[i] == address)
			return true;
	}
	return false;
}

static void attach(struct world *w, const char *file, uint32_t kib)
{
	int err = board_attach(w->board, &w->why);

	if (err)
		fail_msg("%s: %s", file, w->why.text);
	assert_string_equal(w->board->chip.file, file);
	assert_int_equal(chip_flash_size(&w->board->chip), kib * 1024);
}

#define WORLD(dpidr, ...) \
	open_world(dpidr, (const struct word[]){ __VA_ARGS__ }, \
		   sizeof((const struct word[]){ __VA_ARGS__ }) / sizeof(struct word), CONNECT_NORMAL)

/* One row for each kind of place: port, id register, size register. */
static void finds_chips_of_all_kinds(void **state)
{
	static const struct {
		const char *file;
		uint32_t dpidr, kib;
		struct word words[4];
	} rows[] = {
		{ "stm32f051.cfg", 0x0BB11477, 64, { { 0, CPUID, 0x410CC200, 0 },
		  { 0, 0x40015800, 0x20006440, 0 }, { 0, 0x1FFFF7CC, 64, 0 } } },
		{ "stm32l053.cfg", 0x0BC11477, 64, { { 0, CPUID, 0x410CC601, 0 },
		  { 0, 0x40015800, 0x10386417, 0 }, { 0, 0x1FF8007C, 64, 0 } } },
		{ "stm32g071.cfg", 0x0BC11477, 128, { { 0, CPUID, 0x410CC601, 0 },
		  { 0, 0x40015800, 0x20006460, 0 }, { 0, 0x1FFF75E0, 128, 0 } } },
		{ "stm32f205.cfg", 0x2BA01477, 1024, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x20036411, 0 }, { 0, 0x1FFF7A20, 1024u << 16, 0 } } },
		/* Revision A of the F405 says that it is an F2. */
		{ "stm32f405.cfg", 0x2BA01477, 1024, { { 0, CPUID, 0x410FC241, 0 },
		  { 0, 0xE0042000, 0x20006411, 0 }, { 0, 0x1FFF7A20, 1024u << 16, 0 } } },
		/* L1: at 4C or CC by category; only the low byte; a code. */
		{ "stm32l151xb.cfg", 0x2BA01477, 64, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x10186416, 0 }, { 0, 0x1FF8004C, 64, 0 } } },
		{ "stm32l151xc.cfg", 0x2BA01477, 256, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x10386427, 0 }, { 0, 0x1FF800CC, 256, 0 } } },
		{ "stm32l151xba.cfg", 0x2BA01477, 128, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x10186429, 0 }, { 0, 0x1FF8004C, 0x6B80, 0 } } },
		{ "stm32l151xd.cfg", 0x2BA01477, 384, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x10386436, 0 }, { 0, 0x1FF800CC, 0, 0 } } },
		{ "stm32l151xd.cfg", 0x2BA01477, 256, { { 0, CPUID, 0x412FC230, 0 },
		  { 0, 0xE0042000, 0x10386436, 0 }, { 0, 0x1FF800CC, 1, 0 } } },
		{ "stm32wb35.cfg", 0x6BA02477, 512, { { 0, CPUID, 0x410FC241, 0 },
		  { 0, 0xE0042000, 0x10006496, 0 }, { 0, 0x1FFF75E0, 512, 0 },
		  { 0, 0x58004080, 0x1FF, 0 } } },
		{ "stm32wb55.cfg", 0x6BA02477, 256, { { 0, CPUID, 0x410FC241, 0 },
		  { 0, 0xE0042000, 0x20016495, 0 }, { 0, 0x1FFF75E0, 256, 0 },
		  { 0, 0x58004080, 0x1FF, 0 } } },
		/* M33 behind port 0, and behind port 1; M7 behind port 1. */
		{ "stm32u575.cfg", 0x0BE12477, 2048, { { 0, CPUID, 0x410FD214, 0 },
		  { 0, 0xE0044000, 0x30016482, 0 }, { 0, 0x0BFA07A0, 2048, 0 },
		  { 0, 0x40022040, 0x1FEFF8AA, 0 } } },
		{ "stm32h573.cfg", 0x0BE12477, 2048, { { 1, CPUID, 0x410FD214, 0 },
		  { 1, 0x44024000, 0x10016484, 0 }, { 1, 0x08FFF80C, 2048, 0 } } },
		{ "stm32wba55.cfg", 0x6BA02477, 1024, { { 1, CPUID, 0x410FD214, 0 },
		  { 1, 0xE0044000, 0x10006492, 0 }, { 1, 0x0BF907A0, 1024, 0 },
		  { 1, 0x40022040, 0x1FEFF8AA, 0 } } },
		{ "stm32h7s7.cfg", 0x6BA02477, 64, { { 1, CPUID, 0x411FC272, 0 },
		  { 1, 0x5C001000, 0x10036485, 0 } } },
		/* H7: its own bus, or the debug bus when that one does not answer. */
		{ "stm32h743.cfg", 0x6BA02477, 2048, { { 0, CPUID, 0x411FC271, 0 },
		  { 0, 0x5C001000, 0x20036450, 0 }, { 0, 0x1FF1E880, 2048, 0 } } },
		{ "stm32h743.cfg", 0x6BA02477, 1024, { { 0, CPUID, 0x411FC271, 0 },
		  { 2, 0xE00E1000, 0x20036450, 0 }, { 0, 0x1FF1E880, 1024, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = open_world(rows[i].dpidr, rows[i].words, 4, CONNECT_NORMAL);

		attach(w, rows[i].file, rows[i].kib);
		assert_int_equal(w->board->cores[0].port.ap, rows[i].words[0].ap);
		close_world(w);
	}
}

/* Where only chips with another CPU have their id, nothing is read. */
static void the_cpu_says_where_an_id_may_be(void **state)
{
	struct world *w = WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 });

	(void)state;
	assert_int_equal(board_attach(w->board, &w->why), 0);
	assert_true(was_tried(w, 0xE0042000));
	assert_false(was_tried(w, 0x40015800));
	assert_false(was_tried(w, 0x44024000));
	assert_false(was_tried(w, 0x5C001000));
	close_world(w);
}

static void nonsense_in_the_size_register_is_not_believed(void **state)
{
	static const uint32_t values[] = { 0, 0xFFFF, 27520, 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct world *w = WORLD(0x1BA01477, { 0, CPUID, 0x411FC231, 0 },
					{ 0, 0xE0042000, 0x20036410, 0 },
					{ 0, 0x1FFFF7E0, values[i], 0 });

		if (values[i] == 2) {	/* two answers */
			w->words[2].value = 64;
			w->words[2].then = 128;
			w->size_needs_halt = true;
			w->words[2].then = 0;
			w->words[2].value = 2048;
		}
		attach(w, "stm32f103xb.cfg", 128);
		assert_non_null(strstr(w->board->notes, "flash size register"));
		assert_non_null(strstr(w->board->notes, "128 KiB assumed"));
		close_world(w);
	}
}

/* A sleeping core spoils reads: the second try has it halted. In a hot-plug nothing is written. */
static void the_size_is_read_again_while_halted(void **state)
{
	const struct word words[] = { { 0, CPUID, 0x411FC231, 0 }, { 0, 0xE0042000, 0x20036410, 0 },
				      { 0, 0x1FFFF7E0, 0xFFFF, 64 } };
	struct world *w = open_world(0x1BA01477, words, 3, CONNECT_NORMAL);

	(void)state;
	w->size_needs_halt = true;
	w->words[2].then = 64;
	assert_int_equal(board_attach(w->board, &w->why), 0);
	assert_false(w->halted);		/* and runs again */
	close_world(w);

	w = open_world(0x1BA01477, words, 3, CONNECT_HOT_PLUG);
	w->words[2].then = 0;
	attach(w, "stm32f103xb.cfg", 128);
	assert_int_equal(w->writes, 0);
	assert_non_null(strstr(w->board->notes, "0xffff"));
	close_world(w);
}

static void expect_ram_only(struct world *w, const char *says)
{
	assert_int_equal(board_attach(w->board, &w->why), 0);
	if (!strstr(w->board->notes, says))
		fail_msg("'%s' is not in '%s'", says, w->board->notes);
	assert_non_null(strstr(w->board->notes, "CPUID"));
	assert_non_null(strstr(w->board->notes, "--chip"));
	assert_int_equal(w->board->chip.bank_count, 0);
	assert_int_equal(board_area_at(w->board, 0x20000000, NULL), AREA_RAM);
	close_world(w);
}

static void copies_are_named_and_their_flash_is_left_alone(void **state)
{
	(void)state;
	/* By its revision. */
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x412FC231, 0 },
			      { 0, 0xE0042000, 0x13030410, 0 }, { 0, 0x1FFFF7E0, 64, 0 }),
			"its copy GD32F1x0");
	/* By its maker: JEP106 code in the ROM table. */
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x412FC231, 0 },
			      { 0, 0xE0042000, 0x20036410, 0 }, { 0, 0x1FFFF7E0, 64, 0 },
			      { 0, 0xE00FFFD0, 0x07, 0 }, { 0, 0xE00FFFE0, 0x10, 0 },
			      { 0, 0xE00FFFE4, 0x14, 0 }, { 0, 0xE00FFFE8, 0x0D, 0 }),
			"0x751, GigaDevice");
	/* A table that was left as Arm delivers it. */
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x412FC231, 0 },
			      { 0, 0xE0042000, 0x20036414, 0 }, { 0, 0x1FFFF7E0, 512, 0 },
			      { 0, 0xE00FFFD0, 0x04, 0 }, { 0, 0xE00FFFE0, 0xC3, 0 },
			      { 0, 0xE00FFFE4, 0xB4, 0 }, { 0, 0xE00FFFE8, 0x0B, 0 }),
			"0x43b, Arm: the table of a copy, as it came, like that of APM32 and CKS32");
}

/* Another revision of the CPU alone is no copy, when the ROM table is ST's. */
static void an_odd_cpu_of_st_is_still_st(void **state)
{
	struct world *w = WORLD(0x2BA01477, { 0, CPUID, 0x412FC231, 0 },
				{ 0, 0xE0042000, 0x20036410, 0 }, { 0, 0x1FFFF7E0, 64, 0 },
				{ 0, 0xE00FFFD0, 0x00, 0 }, { 0, 0xE00FFFE0, 0x10, 0 },
				{ 0, 0xE00FFFE4, 0x04, 0 }, { 0, 0xE00FFFE8, 0x0A, 0 },
				{ 0, 0xE0042004, 0, 0 });

	(void)state;
	attach(w, "stm32f103xb.cfg", 64);
	assert_string_equal(w->board->notes, "");
	close_world(w);
}

static void unknown_ids_are_shown(void **state)
{
	(void)state;
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 },
			      { 0, 0xE0042000, 0x10006999, 0 }), "id 0x10006999");
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 }),
			"no id register of a known chip answers");
	expect_ram_only(WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 },
			      { 0, 0xE0042000, 0x10006999, 0 }, { 0, 0xE00FFFD0, 0x07, 0 },
			      { 0, 0xE00FFFE0, 0x10, 0 }, { 0, 0xE00FFFE4, 0x14, 0 },
			      { 0, 0xE00FFFE8, 0x0D, 0 }), "GigaDevice");
}

static void refused(struct world *w, const char *says)
{
	assert_int_equal(board_attach(w->board, &w->why), E_CHIP);
	if (!strstr(w->why.text, says))
		fail_msg("'%s' is not in '%s'", says, w->why.text);
	close_world(w);
}

static void known_chips_without_support_are_refused_by_name(void **state)
{
	(void)state;
	/* Processors: no Cortex-M answers. Early MP15 has the id of the H7, at another place. */
	refused(WORLD(0x6BA02477, { 0, 0x50081000, 0x20006500, 0 }), "STM32MP151/153/157");
	refused(WORLD(0x6BA02477, { 0, 0x50081000, 0x20006450, 0 }), "STM32MP151/153/157");
	/* A core that is not known here. */
	refused(WORLD(0x6BA02477, { 1, CPUID, 0x410FD221, 0 }, { 1, 0x44001000, 0x10006486, 0 }),
		"STM32N645");
	/* A known core, nothing but the id known. */
	refused(WORLD(0x0BE12477, { 0, CPUID, 0x411FD210, 0 }, { 0, 0xE0044000, 0x1000642C, 0 }),
		"nothing but its id is known");
	/* None of this: the core's story. */
	refused(WORLD(0x6BA02477, { 0, CPUID, 0x12345678, 0 }), "0x12345678");
}

static void trustzone_is_refused(void **state)
{
	(void)state;
	refused(WORLD(0x0BE12477, { 0, CPUID, 0x410FD214, 0 }, { 0, 0xE0044000, 0x30016482, 0 },
		      { 0, 0x0BFA07A0, 2048, 0 }, { 0, 0x40022040, 0x9FEFF8AA, 0 }), "TrustZone");
	refused(WORLD(0x0BE12477, { 1, CPUID, 0x410FD214, 0 }, { 1, 0x44024000, 0x10016484, 0 },
		      { 1, 0x08FFF80C, 2048, 0 }, { 1, 0x40022050, 0x2D30EDD8, 0 },
		      { 1, 0x40022070, 0xB400007C, 0 }, { 1, 0x400220F0, 0, 0 },
		      { 1, 0x400221F0, 0, 0 }), "TrustZone");
}

static void option_bytes_shape_the_banks(void **state)
{
	struct world *w = WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 },
				{ 0, 0xE0042000, 0x20036419, 0 }, { 0, 0x1FFF7A20, 1024u << 16, 0 },
				{ 0, 0x40023C14, 0x4FFFAAED, 0 });

	(void)state;
	attach(w, "stm32f429.cfg", 1024);
	assert_int_equal(w->board->chip.bank_count, 2);
	w->words[3].value = 0x0FFFAAED;
	attach(w, "stm32f429.cfg", 1024);
	assert_int_equal(w->board->chip.bank_count, 1);
	close_world(w);

	/* CPU2 has the upper quarter. */
	w = WORLD(0x6BA02477, { 0, CPUID, 0x410FC241, 0 }, { 0, 0xE0042000, 0x20016495, 0 },
		  { 0, 0x1FFF75E0, 1024, 0 }, { 0, 0x58004080, 0xC0, 0 });
	attach(w, "stm32wb55.cfg", 768);
	assert_true(w->board->chip.banks[0].shared);
	close_world(w);
}

static void options_that_can_not_be_read_are_a_note(void **state)
{
	struct world *w = WORLD(0x2BA01477, { 0, CPUID, 0x410FC241, 0 },
				{ 0, 0xE0042000, 0x20036419, 0 }, { 0, 0x1FFF7A20, 2048u << 16, 0 });

	(void)state;
	attach(w, "stm32f429.cfg", 2048);
	assert_non_null(strstr(w->board->notes, "option bytes can't be read"));
	close_world(w);
}

/* An H7 that sleeps with its clock off is reached through the debug bus, and gets its bits back. */
static void a_sleeping_core_is_woken(void **state)
{
	const struct word words[] = { { 0, CPUID, 0x411FC271, 0 }, { 0, 0x5C001000, 0x20036450, 0 },
				      { 0, 0x1FF1E880, 2048, 0 }, { 2, WAKE, 0x00500000, 0 },
				      { 0, WAKE_SAME, 0x00700007, 0 }, { 0, 0x5C001034, 0, 0 },
				      { 0, 0x5C001054, 0, 0 }, { 0, 0x5200201C, 0x1BC6AAF0, 0 } };
	struct world *w = open_world(0x6BA02477, words, 8, CONNECT_NORMAL);

	(void)state;
	w->asleep = true;
	attach(w, "stm32h743.cfg", 2048);
	assert_string_equal(w->board->notes, "");
	assert_int_equal(board_detach(w->board, false), 0);
	assert_int_equal(w->put_back, 0x00500000);
	close_world(w);

	w = open_world(0x6BA02477, words, 8, CONNECT_HOT_PLUG);
	w->asleep = true;
	assert_int_equal(board_attach(w->board, &w->why), E_FAULT);
	assert_int_equal(w->writes, 0);
	close_world(w);
}

/* F0 and L0 don't show their ids while they are held in reset. */
static void ids_are_read_after_the_reset(void **state)
{
	const struct word words[] = { { 0, CPUID, 0x410CC200, 0 }, { 0, 0x40015800, 0x20006440, 0 },
				      { 0, 0x1FFFF7CC, 32, 0 } };
	struct world *w = open_world(0x0BB11477, words, 3, CONNECT_UNDER_RESET);

	(void)state;
	w->hidden_under_reset = true;
	attach(w, "stm32f051.cfg", 32);
	assert_false(w->held);
	close_world(w);
}

/* Under reset, too, the core is looked for where it is. */
static void a_core_behind_port_1_is_halted_under_reset(void **state)
{
	const struct word words[] = { { 1, CPUID, 0x410FD214, 0 }, { 1, 0x44024000, 0x10016484, 0 },
				      { 1, 0x08FFF80C, 2048, 0 } };
	struct world *w = open_world(0x0BE12477, words, 3, CONNECT_UNDER_RESET);

	(void)state;
	attach(w, "stm32h573.cfg", 2048);
	assert_int_equal(w->board->cores[0].port.ap, 1);
	assert_true(w->halted);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_chips_of_all_kinds),
		cmocka_unit_test(the_cpu_says_where_an_id_may_be),
		cmocka_unit_test(nonsense_in_the_size_register_is_not_believed),
		cmocka_unit_test(the_size_is_read_again_while_halted),
		cmocka_unit_test(copies_are_named_and_their_flash_is_left_alone),
		cmocka_unit_test(an_odd_cpu_of_st_is_still_st),
		cmocka_unit_test(unknown_ids_are_shown),
		cmocka_unit_test(known_chips_without_support_are_refused_by_name),
		cmocka_unit_test(trustzone_is_refused),
		cmocka_unit_test(option_bytes_shape_the_banks),
		cmocka_unit_test(options_that_can_not_be_read_are_a_note),
		cmocka_unit_test(a_sleeping_core_is_woken),
		cmocka_unit_test(ids_are_read_after_the_reset),
		cmocka_unit_test(a_core_behind_port_1_is_halted_under_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
