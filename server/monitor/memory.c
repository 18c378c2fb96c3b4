/* SPDX-License-Identifier: MIT
 *
 * Monitor commands that read and write memory: mem, mdw and its like, cache.
 */
#include "server/monitor/monitor.h"
#include "server/read_only.h"
#include "server/session/session.h"

#include "targets/protection.h"

#include "flash/new_file.h"

#include "probe/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 4096, LINE_BYTES = 16, SHOWN_MAX = 65536, FLASH_REGISTERS = 0x400 };

static int read_chunk(struct monitor_call *call, uint32_t address, void *data, uint32_t length)
{
	uint32_t done = 0;
	int err = memory_read(call->session->core, address, data, length, &done);

	if (done == length)
		return OK;
	err = err ? err : E_FAULT;
	explain(call->why, err, "0x%08x can't be read: %s.", address + done, error_text(err));
	protection_explain(call->session->core, err, address + done, call->why);
	return err;
}

static int write_chunk(struct monitor_call *call, uint32_t address, const void *data,
		       uint32_t length)
{
	const struct chip *chip = &call->engine->board.chip;
	uint32_t fault = address;
	int err = read_only_check(chip, address, length, call->why);

	if (err)
		return err;
	if (address - chip->flash_registers < FLASH_REGISTERS && chip->flash_registers)
		monitor_print(call, "0x%08x is a register of the flash controller: a write by hand acts at once, without plan or "
			      "token (`option`, `otp` and `protect` have them).\n", address);
	err = memory_write(call->session->core, address, data, length, &fault);
	if (err == E_RANGE)
		return read_only_explain(chip, fault, call->why);
	return err ? read_only_failed(chip, err, fault, call->why) : OK;
}

static uint32_t take_unit(const uint8_t *data, unsigned width)
{
	return width == 1 ? *data : width == 2 ? get_u16(data) : get_u32(data);
}

static void print_line(struct monitor_call *call, uint32_t address, const uint8_t *data,
		       uint32_t length, unsigned width)
{
	char text[200];
	struct buffer line;

	buffer_init(&line, text, sizeof(text));
	buffer_add(&line, "0x%08x:", address);
	for (uint32_t i = 0; i < length; i += width)
		buffer_add(&line, " %0*x", (int)width * 2, take_unit(data + i, width));
	if (width == 1) {
		buffer_add(&line, "%*s", (int)(LINE_BYTES - length) * 3 + 2, "");
		for (uint32_t i = 0; i < length; i++)
			buffer_add(&line, "%c", isprint(data[i]) ? data[i] : '.');
	}
	monitor_print(call, "%s\n", buffer_text(&line));
}

/* Prints count units; each line is one read, so that peripherals are read in the width asked. */
static int display(struct monitor_call *call, uint32_t address, uint32_t count, unsigned width)
{
	uint64_t left = (uint64_t)count * width;
	uint8_t data[LINE_BYTES];

	if (address % width)
		return explain(call->why, E_ALIGN, "0x%x is not a multiple of %u.", address, width);
	while (left) {
		uint32_t length = left < LINE_BYTES ? (uint32_t)left : LINE_BYTES;
		int err = OK;

		for (uint32_t at = 0; at < length && !err; at += width)
			err = read_chunk(call, address + at, data + at, width);
		if (err)
			return err;
		print_line(call, address, data, length, width);
		address += length;
		left -= length;
	}
	return OK;
}

static int run_display(struct monitor_call *call, unsigned width)
{
	uint32_t address, count = 1;
	int err = monitor_number(call, 0, &address);

	if (!err && call->argc > 1)
		err = monitor_number(call, 1, &count);
	if (!err && count > SHOWN_MAX)
		err = explain(call->why, E_ARGUMENT, "At most %u at once; `mem read` writes files.", SHOWN_MAX);
	return err ? err : display(call, address, count, width);
}

static int run_mdw(struct monitor_call *call) { return run_display(call, 4); }
static int run_mdh(struct monitor_call *call) { return run_display(call, 2); }
static int run_mdb(struct monitor_call *call) { return run_display(call, 1); }

static int run_modify(struct monitor_call *call, unsigned width)
{
	uint32_t address, value, count = 1;
	uint8_t data[4];
	int err = monitor_number(call, 0, &address);

	if (!err)
		err = monitor_number(call, 1, &value);
	if (!err && call->argc > 2)
		err = monitor_number(call, 2, &count);
	if (err)
		return err;
	if (address % width)
		return explain(call->why, E_ALIGN, "0x%x is not a multiple of %u.", address, width);
	put_u32(data, value);
	for (uint32_t i = 0; i < count && !err; i++)
		err = write_chunk(call, address + i * width, data, width);
	return err;
}

static int run_mww(struct monitor_call *call) { return run_modify(call, 4); }
static int run_mwh(struct monitor_call *call) { return run_modify(call, 2); }
static int run_mwb(struct monitor_call *call) { return run_modify(call, 1); }

static int read_to_file(struct monitor_call *call, uint32_t address, uint32_t length, FILE *file)
{
	uint8_t data[CHUNK];
	int err = OK;

	for (uint32_t at = 0; at < length && !err; at += CHUNK) {
		uint32_t part = min_u32(length - at, CHUNK);

		err = read_chunk(call, address + at, data, part);
		if (!err && fwrite(data, 1, part, file) != part)
			err = new_file_explain(call->why, call->argv[2], "can't be written");
	}
	return err;
}

static int read_file(struct monitor_call *call, uint32_t address, uint32_t length)
{
	struct new_file file;
	int err = new_file_open(&file, call->argv[2], call->why);

	if (err)
		return err;
	err = new_file_close(&file, read_to_file(call, address, length, file.file), call->why);
	if (!err)
		monitor_print(call, "%u bytes at 0x%08x to %s\n", length, address, call->argv[2]);
	return err;
}

static int run_read(struct monitor_call *call)
{
	uint32_t address, length;
	int err = monitor_number(call, 0, &address);

	if (!err)
		err = monitor_number(call, 1, &length);
	if (!err && call->argc > 2)
		return read_file(call, address, length);
	if (!err && length > SHOWN_MAX)
		err = explain(call->why, E_ARGUMENT, "At most %u bytes are shown; with a file name all of it is "
			      "written there.", SHOWN_MAX);
	return err ? err : display(call, address, length, 1);
}

static int write_from_file(struct monitor_call *call, uint32_t address, FILE *file)
{
	uint8_t data[CHUNK];
	uint32_t written = 0;
	size_t part;
	int err = OK;

	while (!err && (part = fread(data, 1, sizeof(data), file)) > 0) {
		err = write_chunk(call, address + written, data, (uint32_t)part);
		written += (uint32_t)part;
	}
	if (!err)
		monitor_print(call, "%u bytes from %s to 0x%08x\n", written, call->argv[1], address);
	return err;
}

/* What is a number is a value; files are named so that they aren't. */
static int run_write(struct monitor_call *call)
{
	uint32_t address, value;
	int err = monitor_number(call, 0, &address);
	struct why no_number = { "" };
	struct monitor_call quiet = *call;
	FILE *file;

	if (err || call->argc < 2)
		return err ? err : monitor_usage(call, "mem write ADDRESS VALUE|FILE");
	quiet.why = &no_number;
	if (!monitor_number(&quiet, 1, &value))
		return run_modify(call, 4);
	file = fopen(call->argv[1], "rb");
	if (!file)
		return new_file_explain(call->why, call->argv[1], "can't be read");
	err = write_from_file(call, address, file);
	fclose(file);
	return err;
}

static int run_cache(struct monitor_call *call)
{
	bool on;
	int err = monitor_switch(call, 0, &on);

	if (!err)
		memory_cache_enable(call->session->core, on);
	return err;
}

enum { WRITES = MONITOR_TARGET | MONITOR_CHANGES };

const struct monitor_command monitor_memory[] = {
	{ "mem read", "ADDRESS LENGTH [FILE]", "Show memory, or write it to a file\n"
	  "mem read 0x20000000 128k ram.bin", MONITOR_TARGET, run_read },
	{ "mem write", "ADDRESS VALUE|FILE", "Write a word or a binary file to RAM\n"
	  "mem write 0x20001000 table.bin", WRITES, run_write },
	{ "mdw", "ADDRESS [COUNT]", "Show words\nmdw 0xE0042000", MONITOR_TARGET, run_mdw },
	{ "mdh", "ADDRESS [COUNT]", "Show half-words\nmdh 0x1FFF7A22", MONITOR_TARGET, run_mdh },
	{ "mdb", "ADDRESS [COUNT]", "Show bytes\nmdb 0x20000000 64", MONITOR_TARGET, run_mdb },
	{ "mww", "ADDRESS VALUE [COUNT]", "Write words\nmww 0x20000000 0 256", WRITES, run_mww },
	{ "mwh", "ADDRESS VALUE [COUNT]", "Write half-words\nmwh 0x20000002 0xABCD", WRITES, run_mwh },
	{ "mwb", "ADDRESS VALUE [COUNT]", "Write bytes\nmwb 0x20000001 0x7F", WRITES, run_mwb },
	{ "cache", "on|off", "Read flash from a cache while halted\ncache off", MONITOR_TARGET, run_cache },
	{ NULL, NULL, NULL, 0, NULL },
};
