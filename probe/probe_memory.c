/* SPDX-License-Identifier: MIT
 *
 * Memory of any address and length: piece by piece, each with its status, and when one may be
 * sent again.
 */
#include "probe/probe.h"

#include "probe/bytes.h"
#include "probe/pieces.h"
#include "probe/private.h"

#include <string.h>

/* SWD transfers of a command besides its data. */
enum { OVERHEAD_TRANSFERS = 8 };

struct access {
	struct probe *probe;
	struct probe_port port;
	enum probe_width width;
	bool write;
};

static uint8_t command_of(unsigned unit, bool write)
{
	switch (unit) {
	case 1:
		return write ? DEBUG_WRITE_MEM8 : DEBUG_READ_MEM8;
	case 2:
		return write ? DEBUG_WRITE_MEM16 : DEBUG_READ_MEM16;
	default:
		return write ? DEBUG_WRITE_MEM32 : DEBUG_READ_MEM32;
	}
}

/* One piece and its status. *fault is only changed when the firmware names an address. */
static int transfer_block(const struct access *access, const struct piece *piece, uint8_t *bytes,
			  uint32_t *fault)
{
	struct probe *probe = access->probe;
	struct link_exchange x =
		stlink_command(ST_DEBUG, command_of(piece->unit, access->write));
	/* On 8-bit transfers each byte takes TAR, DRW and RDBUFF. */
	uint32_t transfers = piece->unit == 1 ? 3 * piece->length : piece->length / piece->unit;
	int err;

	put_u32(x.command + 2, piece->address);
	put_u16(x.command + 6, (uint16_t)piece->length);
	x.command[8] = access->port.ap;
	x.command[9] = (uint8_t)(access->port.csw >> 8);
	x.command[10] = (uint8_t)(access->port.csw >> 16);
	x.command[11] = (uint8_t)(access->port.csw >> 24);
	x.timeout_ms = probe_deadline_ms(probe, transfers + OVERHEAD_TRANSFERS);
	if (access->write) {
		x.out = bytes;
		x.out_length = piece->length;
	} else {
		x.in = bytes;
		/* The firmware answers one byte with two. */
		x.in_length = piece->unit == 1 && piece->length == 1 ? 2 : piece->length;
	}
	err = stlink_run(&probe->stlink, &x);
	if (err)
		return err;
	err = stlink_last_status(&probe->stlink, probe->abilities.status2, fault);
	return probe_note_error(probe, err);
}

/* A single word: half the exchanges, for these commands bring their status along. */
static int transfer_word(const struct access *access, const struct piece *piece, uint8_t *bytes)
{
	uint32_t value;
	int err;

	if (access->write)
		return probe_register_write(access->probe, access->port.ap, piece->address,
					    get_u32(bytes));
	err = probe_register_read(access->probe, access->port.ap, piece->address, &value);
	if (!err)
		put_u32(bytes, value);
	return err;
}

/* The core's own registers (private peripheral bus; Armv7-M ARM, B3.1) never keep the bus waiting: a
 * WAIT there is owed to the access before, and this one has not begun. */
static bool is_private_bus(uint32_t address)
{
	return address >> 20 == 0xE00;
}

static int transfer_once(const struct access *access, const struct piece *piece, uint8_t *bytes,
			 uint32_t *fault, bool *untouched)
{
	uint32_t named = 0;
	int err;

	*fault = piece->address;
	*untouched = false;
	if (piece->unit == 4 && piece->length == 4 && !access->port.csw) {
		*untouched = is_private_bus(piece->address);
		return transfer_word(access, piece, bytes);
	}
	err = transfer_block(access, piece, bytes, &named);
	if (err && named >= piece->address && named - piece->address < piece->length) {
		*fault = named;
		*untouched = named == piece->address;
	}
	return err;
}

/* Memory may be accessed twice; anything else only when nothing was transferred at all. A
 * V3 answers FAULT to what follows a WAIT: it stands for the WAIT. */
static int transfer_patiently(const struct access *access, const struct piece *piece,
			      uint8_t *bytes, uint32_t *fault)
{
	bool untouched, waited = false;
	int err, pause;

	for (unsigned tries = 0;; tries++) {
		err = transfer_once(access, piece, bytes, fault, &untouched);
		if (err != E_WAIT && !(err == E_FAULT && waited))
			return err;
		waited = err == E_WAIT;
		if (access->width != PROBE_ANY && !untouched)
			return err;
		pause = probe_pause(access->probe, tries, err);
		if (pause)
			return pause;
	}
}

static bool was_cut_off(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL;
}

/* What a hiccup on USB cut off is done once more where that is harmless. */
static int transfer(const struct access *access, const struct piece *piece, uint8_t *bytes,
		    uint32_t *fault)
{
	struct probe *probe = access->probe;
	int err = transfer_patiently(access, piece, bytes, fault);

	if (!was_cut_off(err) || access->width != PROBE_ANY || probe_interrupted(probe) ||
	    stlink_realign(&probe->stlink))
		return err;
	probe->retries++;
	return transfer_patiently(access, piece, bytes, fault);
}

static int check(const struct access *access, uint32_t address, uint32_t length)
{
	int err = probe_check_port(access->probe, access->port);

	return err ? err : pieces_check(&access->probe->abilities, address, length, access->width);
}

/* Copies what a piece brought of [at, end); on an error, what came before the fault. */
static void take(const struct piece *piece, const uint8_t *bytes, uint64_t valid_end, uint32_t at,
		 uint64_t end, uint8_t *out)
{
	uint64_t stop = valid_end < end ? valid_end : end;

	if (stop > at)
		memcpy(out, bytes + (at - piece->address), (size_t)(stop - at));
}

int probe_read(struct probe *probe, struct probe_port port, uint32_t address, void *data,
	       uint32_t length, enum probe_width width, uint32_t *fault)
{
	struct access access = { probe, port, width, false };
	uint64_t end = (uint64_t)address + length;
	uint64_t at = address;
	uint8_t *out = data;
	int err = check(&access, address, length);

	while (!err && at < end) {
		struct piece piece = piece_to_read(&probe->abilities, (uint32_t)at, end, width);
		uint64_t valid_end = (uint64_t)piece.address + piece.length;
		uint32_t where;

		if (at != address && probe_interrupted(probe))
			return E_INTERRUPTED;
		err = transfer(&access, &piece, probe->piece, &where);
		if (err)
			valid_end = err == E_FAULT ? where : 0;
		take(&piece, probe->piece, valid_end, (uint32_t)at, end, out + (at - address));
		if (err && fault)
			*fault = max_u32(where, (uint32_t)at);
		at = valid_end;
	}
	return err;
}

int probe_write(struct probe *probe, struct probe_port port, uint32_t address, const void *data,
		uint32_t length, enum probe_width width, uint32_t *fault)
{
	struct access access = { probe, port, width, true };
	uint64_t end = (uint64_t)address + length;
	uint64_t at = address;
	const uint8_t *in = data;
	int err = check(&access, address, length);

	while (!err && at < end) {
		struct piece piece = piece_to_write(&probe->abilities, (uint32_t)at, end, width);
		uint32_t where;

		if (at != address && probe_interrupted(probe))
			return E_INTERRUPTED;
		memcpy(probe->piece, in + (at - address), piece.length);
		err = transfer(&access, &piece, probe->piece, &where);
		if (err && fault)
			*fault = where;
		at += piece.length;
	}
	return err;
}
