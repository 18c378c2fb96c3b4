/* SPDX-License-Identifier: MIT
 *
 * What bad firmware writes to which registers. The program is in bad_firmware_code.S; this makes its
 * list. Reference manuals: RCC (clock enable, clock configuration), GPIO (MODER), IWDG.
 */
#include "probe/virtual/bad_firmware.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/virtual/bad_firmware_code.h"

enum { VECTORS = 16, CODE = 4 * VECTORS, STACK = 0x400, BLANK = 0x800, UDF_FROM_END = 2 };
enum { LIST_WAIT = 1, LIST_END = 0 };
enum { END_LOOP, END_SLEEP };

enum { SCR = 0xE000ED10, SLEEPDEEP = 4, AIRCR = 0xE000ED0C, SYSRESETREQ = 0x05FA0004 };
enum { IWDG = 0x40003000, IWDG_H7 = 0x58004800 };
enum { IWDG_KR = 0, IWDG_PR = 4, IWDG_RLR = 8, KEY_UNLOCK = 0x5555, KEY_RELOAD = 0xAAAA,
       KEY_START = 0xCCCC, IWDG_TICKS_PER_MS = 8, RLR_MAX = 0xFFF, CROSSING_US = 500 };

struct word {
	uint32_t address, value;
};

static const struct family {
	const char *controllers;	/* of struct virtual_spec, each with a blank behind */
	bool only_core;			/* only with this core; else with any */
	enum virtual_core core;
	struct word port_a;		/* switches its clock on */
	struct word take_pins;		/* PA13 and PA14 are no longer SWD */
	struct word slow_clock;		/* the slowest that the core can have */
	uint32_t watchdog;
} families[] = {
	{ "f1 f1xl ", true, VIRTUAL_M3, { 0x40021018, 1 }, { 0x40010004, 4 << 24 },
	  { 0x40021004, 0xF0 }, IWDG },
	{ "f1 ", false, 0, { 0x40021014, 0x00020014 }, { 0x48000000, 0 }, { 0x40021004, 0xF0 }, IWDG },
	{ "f2 f4 f4db f7 f7db ", false, 0, { 0x40023830, 0x00100001 }, { 0x40020000, 0 },
	  { 0x40023808, 0xF0 }, IWDG },
	{ "l0 ", false, 0, { 0x4002102C, 1 }, { 0x50000000, 0 }, { 0x40021004, 0 }, IWDG },
	{ "l1 ", false, 0, { 0x4002381C, 0x8001 }, { 0x40020000, 0 }, { 0x40023804, 0 }, IWDG },
	{ "g0 g0db c0 ", false, 0, { 0x40021034, 1 }, { 0x50000000, 0 }, { 0x40021008, 0xF00 }, IWDG },
	{ "u0 ", false, 0, { 0x4002104C, 1 }, { 0x50000000, 0 }, { 0x40021008, 0xF00 }, IWDG },
	{ "l4 l4sb l4plus g4 g4db ", false, 0, { 0x4002104C, 1 }, { 0x48000000, 0 },
	  { 0x40021008, 0xF0 }, IWDG },
	{ "wb wl ", false, 0, { 0x5800004C, 1 }, { 0x48000000, 0 }, { 0x58000008, 0xF0 }, IWDG },
	{ "l5 ", false, 0, { 0x4002104C, 1 }, { 0x42020000, 0 }, { 0x40021008, 0xF0 }, IWDG },
	{ "u5 ", false, 0, { 0x46020C8C, 1 }, { 0x42020000, 0 }, { 0x46020C20, 0x0F }, IWDG },
	{ "h5 ", false, 0, { 0x44020C8C, 1 }, { 0x42020000, 0 }, { 0x44020C20, 0x0F }, IWDG },
	{ "h7 ", false, 0, { 0x580244E0, 1 }, { 0x58020000, 0 }, { 0x58024418, 0xF00 }, IWDG_H7 },
};

static const struct family *find_family(const struct virtual_spec *spec)
{
	char name[sizeof(spec->controller) + 2];

	snprintf(name, sizeof(name), "%s ", spec->controller);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *at = strstr(families[i].controllers, name);

		if (at && (at == families[i].controllers || at[-1] == ' ') &&
		    (!families[i].only_core || families[i].core == spec->core))
			return &families[i];
	}
	return NULL;
}

struct image {
	uint8_t *bytes;
	uint32_t length;
	uint32_t base, hz;
};

static void add(struct image *image, uint32_t address, uint32_t value)
{
	put_u32(image->bytes + image->length, address);
	put_u32(image->bytes + image->length + 4, value);
	image->length += 8;
}

static void add_wait(struct image *image, uint64_t us)
{
	add(image, LIST_WAIT, (uint32_t)(us * image->hz / 2000000) + 1);
}

static void add_watchdog(struct image *image, uint32_t base, uint64_t ms)
{
	uint64_t ticks = ms * IWDG_TICKS_PER_MS;

	add(image, base + IWDG_KR, KEY_START);
	add(image, base + IWDG_KR, KEY_UNLOCK);
	add(image, base + IWDG_PR, 0);
	add(image, base + IWDG_RLR, ticks < RLR_MAX ? (uint32_t)ticks : RLR_MAX);
	add_wait(image, CROSSING_US);
	add(image, base + IWDG_KR, KEY_RELOAD);
}

/* The list up to its end; the end is the result. */
static uint32_t fill_list(struct image *image, const struct family *family,
			  const struct fault_rule *mishap)
{
	uint64_t us = mishap->amount / 1000;

	switch ((unsigned)mishap->kind) {
	case FAULT_PINS_TAKEN:
		add_wait(image, us);
		add(image, family->port_a.address, family->port_a.value);
		add(image, family->take_pins.address, family->take_pins.value);
		return END_LOOP;
	case FAULT_RESET_LOOP:
		add_wait(image, us);
		add(image, AIRCR, SYSRESETREQ);
		return END_LOOP;
	case FAULT_WATCHDOG:
		add_watchdog(image, family->watchdog, us / 1000);
		return END_LOOP;
	case FAULT_SLOW_CLOCK:
		add(image, family->slow_clock.address, family->slow_clock.value);
		return END_LOOP;
	case FAULT_ASLEEP:
		add(image, SCR, SLEEPDEEP);
		return END_SLEEP;
	case FAULT_SLEEPING:
		return END_SLEEP;
	case FAULT_HALF_COPIED:
		return image->base + BLANK + 1;
	}
	return image->base + CODE + sizeof(code_bad_firmware_code) - UDF_FROM_END + 1;
}

/* The reset handler; all others are missing: no Thumb bit, a fault in a fault. Of a copy that broke off
 * they are there, but lead to where nothing was written. */
static void fill_vectors(const struct virtual_spec *spec, bool half_copied, uint8_t *bytes)
{
	uint32_t base = spec->banks[0].base;

	put_u32(bytes, spec->regions[0].base + STACK);
	put_u32(bytes + 4, base + CODE + 1);
	for (unsigned i = 2; i < VECTORS; i++)
		put_u32(bytes + 4 * i, half_copied ? base + BLANK + 1 : 0);
}

int bad_firmware_build(const struct virtual_spec *spec, const struct fault_rule *mishap,
		       uint8_t bytes[BAD_FIRMWARE_MAX], struct why *why)
{
	const struct family *family = find_family(spec);
	struct image image = { bytes, CODE + sizeof(code_bad_firmware_code),
			       spec->banks[0].base, spec->hsi_hz };

	if (mishap->kind < FAULT_PINS_TAKEN || mishap->kind >= FAULT_KINDS)
		return 0;
	if (!family)
		return explain(why, E_CHIP, "there is no bad firmware for %s", spec->chip);
	memset(bytes, 0, BAD_FIRMWARE_MAX);
	fill_vectors(spec, mishap->kind == FAULT_HALF_COPIED, bytes);
	memcpy(bytes + CODE, code_bad_firmware_code, sizeof(code_bad_firmware_code));
	add(&image, LIST_END, fill_list(&image, family, mishap));
	return (int)image.length;
}
