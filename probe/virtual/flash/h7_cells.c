/* SPDX-License-Identifier: MIT
 *
 * Cells with an ECC to each flash word: programming only clears bits, those of the ECC too, so a
 * second program of a word leaves an ECC that belongs to neither. ST does not publish the code; this
 * one is made up: the positions of all set bits, xored, and the complement of that; zero for a word of
 * all ones, so that nothing can be programmed over it.
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { VIRGIN = 0xFFFF };

static uint16_t ecc_of(const uint8_t *bytes, uint32_t length)
{
	uint32_t code = 0;
	bool all = true;

	for (uint32_t i = 0; i < length * 8; i++)
		if (bytes[i / 8] >> i % 8 & 1)
			code ^= i % 255 + 1;
		else
			all = false;
	return all ? 0 : (uint16_t)(code | (~code & 0xFF) << 8);
}

int flash_h7_cells_new(struct flash_h7_cells *cells, struct soc *soc, const char *name,
		       uint32_t base, uint32_t size, uint32_t unit)
{
	size_t bytes = size / unit * sizeof(*cells->ecc);

	cells->unit = unit;
	cells->ecc = malloc(bytes);
	if (!cells->ecc)
		return E_MEMORY;
	memset(cells->ecc, 0xFF, bytes);
	return nvm_array_new(&cells->array, soc, name, base, size, 0xFF);
}

void flash_h7_cells_free(struct flash_h7_cells *cells)
{
	nvm_array_free(&cells->array);
	free(cells->ecc);
}

static const uint8_t *unit_at(const struct flash_h7_cells *cells, uint32_t offset)
{
	return cells->array.bytes + offset / cells->unit * cells->unit;
}

/* Bytes that came from an image file have the ECC that belongs to them. */
static uint16_t stored_ecc(const struct flash_h7_cells *cells, uint32_t offset)
{
	uint16_t ecc = cells->ecc[offset / cells->unit];
	uint32_t start = offset / cells->unit * cells->unit;

	if (ecc == VIRGIN && !nvm_array_blank(&cells->array, start, cells->unit))
		return ecc_of(unit_at(cells, offset), cells->unit);
	return ecc;
}

static enum flash_h7_ecc check(const struct flash_h7_cells *cells, uint32_t offset)
{
	uint16_t ecc = stored_ecc(cells, offset);
	int wrong;

	if (ecc == VIRGIN)
		return H7_ECC_GOOD;
	wrong = __builtin_popcount((unsigned)(ecc ^ ecc_of(unit_at(cells, offset), cells->unit)));
	return wrong == 0 ? H7_ECC_GOOD : wrong == 1 ? H7_ECC_SINGLE : H7_ECC_DOUBLE;
}

enum flash_h7_ecc flash_h7_cells_check(const struct flash_h7_cells *cells, uint32_t offset)
{
	return cells->bad ? check(cells, offset) : H7_ECC_GOOD;
}

bool flash_h7_cells_virgin(const struct flash_h7_cells *cells, uint32_t offset)
{
	return stored_ecc(cells, offset) == VIRGIN;
}

/* Sets the ECC of a unit and counts the bad ones. */
static void set_ecc(struct flash_h7_cells *cells, uint32_t offset, bool was_bad, uint16_t ecc)
{
	cells->ecc[offset / cells->unit] = ecc;
	cells->bad -= was_bad;
	cells->bad += check(cells, offset) != H7_ECC_GOOD;
}

static bool is_bad(const struct flash_h7_cells *cells, uint32_t offset)
{
	return check(cells, offset) != H7_ECC_GOOD;
}

void flash_h7_cells_program(struct flash_h7_cells *cells, uint32_t offset, const uint8_t *bytes)
{
	uint16_t old = stored_ecc(cells, offset);
	bool was_bad = is_bad(cells, offset);

	if (old != VIRGIN)
		log_line(LOG_VIRTUAL, "flash: second program of the word at %08X",
			 (unsigned)(cells->array.base + offset));
	for (uint32_t i = 0; i < cells->unit; i++)
		nvm_array_put(&cells->array, offset + i, 1,
			      cells->array.bytes[offset + i] & bytes[i]);
	set_ecc(cells, offset, was_bad, old & ecc_of(bytes, cells->unit));
}

static void forget_ecc(struct flash_h7_cells *cells, uint32_t offset, uint32_t length)
{
	for (uint32_t at = offset; at < offset + length; at += cells->unit) {
		cells->bad -= is_bad(cells, at);
		cells->ecc[at / cells->unit] = VIRGIN;
	}
}

void flash_h7_cells_erase(struct flash_h7_cells *cells, uint32_t offset, uint32_t length)
{
	forget_ecc(cells, offset, length);
	nvm_array_erase(&cells->array, offset, length);
}

/* Some bits got through, the ECC all of it (guess). */
void flash_h7_cells_cut_program(struct flash_h7_cells *cells, uint32_t offset, const uint8_t *bytes)
{
	bool was_bad = is_bad(cells, offset);
	uint16_t ecc = stored_ecc(cells, offset) & ecc_of(bytes, cells->unit);
	unsigned step = cells->unit < 4 ? cells->unit : 4;

	for (uint32_t i = 0; i < cells->unit; i += step) {
		uint32_t value = 0;

		for (unsigned b = 0; b < step; b++)
			value |= (uint32_t)bytes[i + b] << 8 * b;
		nvm_array_cut_program(&cells->array, offset + i, step,
				      value & nvm_array_get(&cells->array, offset + i, step));
	}
	set_ecc(cells, offset, was_bad, ecc);
}

/* Noise fails its ECC, half of the words beyond repair. */
static void spoil_ecc(struct flash_h7_cells *cells, uint32_t offset, uint32_t length)
{
	for (uint32_t at = offset; at < offset + length; at += cells->unit)
		set_ecc(cells, at, false, ecc_of(unit_at(cells, at), cells->unit) ^
			(at / cells->unit % 2 ? 1 : 3));
}

/* A nearly complete erase looks complete. */
void flash_h7_cells_cut_erase(struct flash_h7_cells *cells, uint32_t offset, uint32_t length,
			      unsigned done)
{
	forget_ecc(cells, offset, length);
	nvm_array_cut_erase(&cells->array, offset, length, done);
	if (!nvm_array_blank(&cells->array, offset, length))
		spoil_ecc(cells, offset, length);
}

void flash_h7_cells_power_on(struct flash_h7_cells *cells)
{
	uint32_t offset = cells->array.faint_offset, length = cells->array.faint_length;

	forget_ecc(cells, offset, length);
	nvm_array_power_on(&cells->array);
	spoil_ecc(cells, offset, length);
}
