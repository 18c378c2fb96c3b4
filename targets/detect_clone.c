/* SPDX-License-Identifier: MIT
 *
 * Who made this chip? Copies of STM32 answer with ST's ids; revision, CPUID, DPIDR and the ROM table
 * give them away. They are debugged, but their flash is left alone.
 */
#include "targets/detect_private.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "targets/batch.h"

/* ROM table of the core's own bus: the maker's JEP106 code in PIDR1, 2, 4. ADIv5.2 D1.2. */
enum { ROM_PIDR4 = 0xE00FFFD0, ROM_PIDR0 = 0xE00FFFE0, JEP106_ST = 0x020 };

static const struct maker {
	unsigned code;
	const char *name;
} makers[] = {
	{ JEP106_ST, "STMicroelectronics" },
	{ 0x43B, "Arm: the table of a copy, as it came, like that of APM32 and CKS32" },
	{ 0x751, "GigaDevice" },
};

/* Where the ROM table is the chip's and not Arm's: not on M0+, M7, M33. */
static bool has_maker(uint32_t cpuid)
{
	static const uint16_t parts[] = { 0xC20, 0xC23, 0xC24 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if ((cpuid >> 4 & 0xFFF) == parts[i])
			return true;
	}
	return false;
}

/* 0 = can't be read, or says nothing. */
static unsigned read_maker(struct board *board)
{
	size_t pidr4, pidr[3];
	struct batch batch;

	if (!has_maker(board->cores[0].cpuid))
		return 0;
	batch_begin(&batch, &board->cores[0]);
	pidr4 = batch_read(&batch, ROM_PIDR4);
	for (unsigned i = 0; i < 3; i++)
		pidr[i] = batch_read(&batch, ROM_PIDR0 + 4 * i);
	if (batch_run(&batch))
		return 0;
	return (batch_value(&batch, pidr4) & 0xF) << 8 |
	       (batch_value(&batch, pidr[2]) & 7) << 4 | (batch_value(&batch, pidr[1]) >> 4 & 0xF);
}

static const char *maker_name(unsigned code)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (makers[i].code == code)
			return makers[i].name;
	}
	return "not known here";
}

static void give_up(struct board *board, const char *what)
{
	uint32_t cpuid = board->cores[0].cpuid;

	board_note(board, "%s (id 0x%08x, CPUID 0x%08x, DPIDR 0x%08x): RAM only, no flash; --chip NAME says "
		   "which chip to take it for. ST's tools call this DEV_UNKNOWN_MCU_TARGET.", what,
		   board->idcode, cpuid, board->dpidr);
	chip_make_unknown(&board->chip, cpuid);
}

void detect_unknown(struct board *board)
{
	unsigned maker = read_maker(board);
	char text[160];

	if (maker && maker != JEP106_ST)
		snprintf(text, sizeof(text), "not a chip of ST's: its maker is 0x%03x, %s", maker,
			 maker_name(maker));
	else
		snprintf(text, sizeof(text), "%s", board->idcode ? "a chip that is not known here" :
			 "no id register of a known chip answers");
	give_up(board, text);
}

static const char *known_clone(const struct board *board)
{
	const struct chip *chip = &board->chip;

	for (size_t i = 0; i < chip->clone_count; i++) {
		if (chip->clones[i].id == board->idcode >> 16)
			return chip->clones[i].name;
	}
	return NULL;
}

void detect_clone(struct board *board)
{
	const struct chip *chip = &board->chip;
	const char *name = known_clone(board);
	char text[200];
	unsigned maker;

	if (name) {
		snprintf(text, sizeof(text), "not an %.40s, but its copy %.31s", chip->name, name);
		give_up(board, text);
		return;
	}
	if (chip->cpuid == board->cores[0].cpuid && chip->dpidr == board->dpidr)
		return;
	maker = read_maker(board);
	if (!maker || maker == JEP106_ST)
		return;
	snprintf(text, sizeof(text), "not an %.40s, but a copy of it: its maker is 0x%03x, %s",
		 chip->name, maker, maker_name(maker));
	give_up(board, text);
}
