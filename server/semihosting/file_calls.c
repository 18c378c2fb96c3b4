/* SPDX-License-Identifier: MIT
 *
 * The calls about handles: console, files of the host, files of GDB's host. The numbers are those of
 * the specification, sections 6.1 to 6.12 and 6.22 to 6.26.
 */
#include "server/semihosting/call.h"

#include "server/memory_map.h"
#include "server/session/session.h"

#include "probe/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CHUNK = 2 * 6144,	/* a V2 moves 6144 bytes with one command */
	/* One call moves at most this much, so that Ctrl-C and other clients have their turn. What is
	 * left counts as not written, or not read, which programs have to expect. */
	CALL_MAX = 64 * 1024,
	TEXT_FIRST = 64,
};

static struct host_file *file_of(struct call *call)
{
	struct host_file *file = host_file_of(&call->host->files, call->block[0]);

	if (!file)
		call_error(call, EBADF);
	return file;
}

/* -errno, or the result that the call has. */
static uint32_t result_of(struct call *call, int64_t value)
{
	return value < 0 ? call_error(call, (int)-value) : (uint32_t)value;
}

static uint32_t wait_for_gdb(struct call *call, bool asked)
{
	call->waits = asked;
	return asked ? 0 : call_error(call, EAGAIN);
}

/* ---- open, close ---- */

static bool opened_by_gdb(struct session *session, int32_t fd, uint32_t *result)
{
	int handle = fd < 0 ? -1 : host_file_add(&session->semihosting.files, HOST_GDB, fd);

	*result = handle < 0 ? (uint32_t)CALL_FAILED : (uint32_t)handle;
	return false;
}

/* GDB's numbers of O_RDONLY and so on: "File-I/O Remote Protocol Extension", open flags. */
static uint32_t ask_gdb_to_open(struct call *call)
{
	static const uint16_t flags[] = { 0x000, 0x002, 0x601, 0x602, 0x209, 0x20A };
	uint32_t mode = call->block[1] / 2;

	if (mode >= ARRAY_SIZE(flags))
		return call_error(call, EINVAL);
	return wait_for_gdb(call, call_ask_gdb(call->session, opened_by_gdb, "Fopen,%x/%x,%x,%x",
					       call->block[0], call->block[2] + 1, flags[mode], 0666));
}

static uint32_t run_open(struct call *call)
{
	char name[HOST_PATH_SIZE];

	if (!call_read_text(call, call->block[0], call->block[2], name, sizeof(name)))
		return call_error(call, EINVAL);
	if (call->host->by_gdb && name[0] != ':')
		return ask_gdb_to_open(call);
	return result_of(call, host_open(&call->host->files, name, call->block[1]));
}

static bool zero_or_failed(struct session *session, int32_t answer, uint32_t *result)
{
	(void)session;
	*result = answer < 0 ? (uint32_t)CALL_FAILED : 0;
	return false;
}

static uint32_t run_close(struct call *call)
{
	struct host_file *file = file_of(call);
	bool asked;

	if (!file)
		return (uint32_t)CALL_FAILED;
	if (file->kind != HOST_GDB)
		return result_of(call, host_close(&call->host->files, call->block[0]));
	asked = call_ask_gdb(call->session, zero_or_failed, "Fclose,%x", (unsigned)file->fd);
	host_close(&call->host->files, call->block[0]);
	return wait_for_gdb(call, asked);
}

/* ---- write ---- */

static uint32_t run_write_character(struct call *call)
{
	char byte;

	if (call_read(call, call->argument, &byte, 1))
		session_console(call->session, &byte, 1);
	return 0;
}

/* The end is not known before it is read: ever longer reads, so few are needed for long texts. */
static uint32_t run_write_text(struct call *call)
{
	uint32_t at = call->argument, size = TEXT_FIRST, done;
	char text[CHUNK];
	size_t length;

	while (at - call->argument < CALL_MAX) {
		done = call_read_some(call, at, text, size);
		length = strnlen(text, done);
		session_console(call->session, text, length);
		if (length < done || !done)
			break;
		at += done;
		size = min_u32(4 * size, CHUNK);
	}
	return 0;
}

/* To the console or a file; how much was taken, or -errno. */
static int put(struct call *call, struct host_file *file, const char *data, uint32_t length)
{
	if (file->kind != HOST_OUTPUT)
		return host_write(file, data, length);
	session_console(call->session, data, length);
	return (int)length;
}

/* What GDB did not write is left. */
static bool written_by_gdb(struct session *session, int32_t done, uint32_t *result)
{
	uint32_t length = session->semihosting.pending.length;

	*result = length - (done < 0 ? 0 : min_u32((uint32_t)done, length));
	return false;
}

static uint32_t ask_gdb_to_transfer(struct call *call, const char *verb, int fd,
				    bool (*done)(struct session *, int32_t, uint32_t *))
{
	call->host->pending.length = call->block[2];
	return wait_for_gdb(call, call_ask_gdb(call->session, done, "F%s,%x,%x,%x", verb, (unsigned)fd,
					       call->block[1], min_u32(call->block[2], CALL_MAX)));
}

static uint32_t run_write(struct call *call)
{
	uint32_t address = call->block[1], left = call->block[2];
	uint32_t end = left - min_u32(left, CALL_MAX);
	struct host_file *file = file_of(call);
	char data[CHUNK];

	if (!file || (left && !memory_map_is_plain(address, left)))
		return call_error(call, file ? EFAULT : EBADF);
	if (file->kind == HOST_GDB)
		return ask_gdb_to_transfer(call, "write", file->fd, written_by_gdb);
	while (left > end) {
		uint32_t length = min_u32(left - end, CHUNK);
		int done = call_read(call, address, data, length) ? put(call, file, data, length) : 0;

		if (done <= 0) {
			call_error(call, -done);
			break;
		}
		address += (uint32_t)done;
		left -= (uint32_t)done;
	}
	return left;
}

/* ---- read ---- */

/* True when there is something; else the call waits. Without a terminal that is the end of it. */
static bool has_input(struct call *call)
{
	if (call->host->input_length || !call->host->input_comes)
		return true;
	call->host->pending.what = WAITS_FOR_INPUT;
	call->waits = true;
	return false;
}

static uint32_t take_input(struct call *call, void *data, uint32_t length)
{
	struct semihosting *host = call->host;
	uint32_t taken = min_u32((uint32_t)host->input_length, length);

	memcpy(data, host->input, taken);
	host->input_length -= taken;
	memmove(host->input, host->input + taken, host->input_length);
	return taken;
}

static uint32_t read_input(struct call *call)
{
	char data[CONSOLE_INPUT_SIZE];
	uint32_t taken;

	if (!has_input(call))
		return 0;
	taken = take_input(call, data, call->block[2]);
	if (taken)
		call_write(call, call->block[1], data, taken);
	return call->block[2] - taken;
}

static uint32_t read_file(struct call *call, struct host_file *file)
{
	uint32_t address = call->block[1], left = call->block[2];
	uint32_t end = left - min_u32(left, CALL_MAX);
	char data[CHUNK];
	int done;

	do {
		done = host_read(file, data, min_u32(left - end, CHUNK));
		if (done < 0)
			return call_error(call, -done);
		if (done && !call_write(call, address, data, (uint32_t)done))
			return 0;
		address += (uint32_t)done;
		left -= (uint32_t)done;
	} while (done > 0 && left > end);
	return left;
}

static uint32_t run_read(struct call *call)
{
	struct host_file *file = file_of(call);
	bool is_input = file && file->kind == HOST_INPUT;

	if (!file || (call->block[2] && !memory_map_is_plain(call->block[1], call->block[2])))
		return call_error(call, file ? EFAULT : EBADF);
	if (file->kind == HOST_GDB || (is_input && call->host->by_gdb))
		return ask_gdb_to_transfer(call, "read", is_input ? 0 : file->fd, written_by_gdb);
	return is_input ? read_input(call) : read_file(call, file);
}

static uint32_t run_read_character(struct call *call)
{
	uint8_t byte;

	if (!has_input(call))
		return 0;
	return take_input(call, &byte, 1) ? byte : (uint32_t)CALL_FAILED;
}

/* ---- places and lengths ---- */

static uint32_t run_is_error(struct call *call)
{
	return call->block[0] >> 31;
}

static uint32_t run_is_tty(struct call *call)
{
	struct host_file *file = file_of(call);

	if (!file)
		return (uint32_t)CALL_FAILED;
	return file->kind == HOST_INPUT || file->kind == HOST_OUTPUT;
}

static uint32_t run_seek(struct call *call)
{
	struct host_file *file = file_of(call);

	if (!file)
		return (uint32_t)CALL_FAILED;
	if (file->kind == HOST_GDB)
		return wait_for_gdb(call, call_ask_gdb(call->session, zero_or_failed, "Flseek,%x,%x,0",
						       (unsigned)file->fd, call->block[1]));
	return result_of(call, host_seek(file, call->block[1]));
}

/* GDB tells a length only as the place of the end: go there, and back to where it was. */
static bool went_back(struct session *session, int32_t answer, uint32_t *result)
{
	*result = answer < 0 ? (uint32_t)CALL_FAILED : session->semihosting.pending.length;
	return false;
}

static bool went_to_end(struct session *session, int32_t end, uint32_t *result)
{
	struct semihosting_pending *pending = &session->semihosting.pending;

	(void)result;
	pending->length = (uint32_t)end;
	return end >= 0 && call_ask_gdb(session, went_back, "Flseek,%x,%x,0", pending->handle,
					(unsigned)pending->position);
}

static bool was_at(struct session *session, int32_t position, uint32_t *result)
{
	struct semihosting_pending *pending = &session->semihosting.pending;

	(void)result;
	pending->position = position;
	return position >= 0 &&
	       call_ask_gdb(session, went_to_end, "Flseek,%x,0,2", pending->handle);
}

static uint32_t run_length(struct call *call)
{
	struct host_file *file = file_of(call);

	if (!file)
		return (uint32_t)CALL_FAILED;
	if (file->kind != HOST_GDB)
		return result_of(call, host_length(file));
	call->host->pending.handle = (uint32_t)file->fd;
	return wait_for_gdb(call, call_ask_gdb(call->session, was_at, "Flseek,%x,0,1",
					       (unsigned)file->fd));
}

/* ---- names ---- */

static uint32_t run_remove(struct call *call)
{
	char name[HOST_PATH_SIZE];

	if (!call_read_text(call, call->block[0], call->block[1], name, sizeof(name)))
		return call_error(call, EINVAL);
	if (call->host->by_gdb)
		return wait_for_gdb(call, call_ask_gdb(call->session, zero_or_failed, "Funlink,%x/%x",
						       call->block[0], call->block[1] + 1));
	return result_of(call, host_remove(&call->host->files, name));
}

static uint32_t run_rename(struct call *call)
{
	const uint32_t *b = call->block;
	char from[HOST_PATH_SIZE], to[HOST_PATH_SIZE];

	if (!call_read_text(call, b[0], b[1], from, sizeof(from)) ||
	    !call_read_text(call, b[2], b[3], to, sizeof(to)))
		return call_error(call, EINVAL);
	if (call->host->by_gdb)
		return wait_for_gdb(call, call_ask_gdb(call->session, zero_or_failed,
						       "Frename,%x/%x,%x/%x", b[0], b[1] + 1, b[2],
						       b[3] + 1));
	return result_of(call, host_rename(&call->host->files, from, to));
}

/* The same name for the same id (0 to 255): programs ask once and use it. */
static uint32_t run_temporary_name(struct call *call)
{
	char name[] = "tether-000.tmp";

	snprintf(name, sizeof(name), "tether-%03u.tmp", call->block[1] & 0xFF);
	if (call->block[1] > 0xFF || call->block[2] < sizeof(name))
		return call_error(call, EINVAL);
	call_write(call, call->block[0], name, sizeof(name));
	return 0;
}

const struct operation file_operations[] = {
	{ 0x01, 3, "SYS_OPEN", run_open },
	{ 0x02, 1, "SYS_CLOSE", run_close },
	{ 0x03, 0, "SYS_WRITEC", run_write_character },
	{ 0x04, 0, "SYS_WRITE0", run_write_text },
	{ 0x05, 3, "SYS_WRITE", run_write },
	{ 0x06, 3, "SYS_READ", run_read },
	{ 0x07, 0, "SYS_READC", run_read_character },
	{ 0x08, 1, "SYS_ISERROR", run_is_error },
	{ 0x09, 1, "SYS_ISTTY", run_is_tty },
	{ 0x0A, 2, "SYS_SEEK", run_seek },
	{ 0x0C, 1, "SYS_FLEN", run_length },
	{ 0x0D, 3, "SYS_TMPNAM", run_temporary_name },
	{ 0x0E, 2, "SYS_REMOVE", run_remove },
	{ 0x0F, 4, "SYS_RENAME", run_rename },
	{ 0, 0, NULL, NULL },
};
