/* SPDX-License-Identifier: MIT
 *
 * Semihosting calls as a table: operation number in r0, argument or address of a parameter block in
 * r1, the result goes to r0.
 */
#include "server/semihosting.h"

#include "server/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum { CHUNK = 512, TEXT_MAX = 64 * 1024, CONSOLE_HANDLE = 1 };
enum { EXIT_APPLICATION = 0x20026 };	/* ADP_Stopped_ApplicationExit */

struct call {
	struct session *session;
	uint32_t argument;	/* r1 */
	uint32_t block[4];	/* the words at r1 */
	bool failed;		/* the target could not be read or written */
	bool ended;
	uint8_t status;
};

static bool read_target(struct call *call, uint32_t address, void *data, uint32_t length)
{
	uint32_t done = 0;

	if (memory_read(call->session->core, address, data, length, &done) < 0 || done < length)
		call->failed = true;
	return !call->failed;
}

static uint32_t call_open(struct call *call)
{
	char name[4] = "";

	/* ":tt" is the console; modes 0-3 are its input, others its output. */
	if (call->block[2] != 3 || !read_target(call, call->block[0], name, 3) || strcmp(name, ":tt"))
		return UINT32_MAX;
	return CONSOLE_HANDLE;
}

static uint32_t call_zero(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t call_one(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t call_minus_one(struct call *call)
{
	(void)call;
	return UINT32_MAX;
}

static uint32_t call_write_character(struct call *call)
{
	char byte;

	if (read_target(call, call->argument, &byte, 1))
		session_console(call->session, &byte, 1);
	return 0;
}

static uint32_t call_write_text(struct call *call)
{
	char text[64];

	for (uint32_t at = 0; at < TEXT_MAX; at += sizeof(text)) {
		size_t length;
		uint32_t done = 0;

		if (memory_read(call->session->core, call->argument + at, text, sizeof(text), &done) < 0 ||
		    !done) {
			call->failed = true;
			break;
		}
		length = strnlen(text, done);
		session_console(call->session, text, length);
		if (length < sizeof(text))
			break;
	}
	return 0;
}

/* Returns the number of bytes that were not written. */
static uint32_t call_write(struct call *call)
{
	uint32_t address = call->block[1], left = call->block[2];
	char data[CHUNK];

	if (call->block[0] != CONSOLE_HANDLE)
		return left;
	left = min_u32(left, TEXT_MAX);
	while (left && read_target(call, address, data, min_u32(left, CHUNK))) {
		uint32_t length = min_u32(left, CHUNK);

		session_console(call->session, data, length);
		address += length;
		left -= length;
	}
	return left;
}

static uint32_t call_read(struct call *call)
{
	return call->block[2];	/* nothing was read: end of file */
}

static uint32_t call_clock(struct call *call)
{
	return (uint32_t)(engine_now_us(call->session->engine) / 10000);
}

static uint32_t call_command_line(struct call *call)
{
	static const uint8_t empty = 0;
	uint8_t length[4] = { 0 };
	struct core *core = call->session->core;

	if (memory_write(core, call->block[0], &empty, 1, NULL) < 0 ||
	    memory_write(core, call->argument + 4, length, sizeof(length), NULL) < 0)
		call->failed = true;
	return 0;
}

static uint32_t call_exit(struct call *call)
{
	call->ended = true;
	call->status = call->argument == EXIT_APPLICATION ? 0 : 1;
	return 0;
}

static uint32_t call_exit_extended(struct call *call)
{
	call->ended = true;
	call->status = call->block[0] == EXIT_APPLICATION ? (uint8_t)call->block[1] : 1;
	return 0;
}

static const struct operation {
	uint8_t number;
	uint8_t words;		/* of the parameter block */
	const char *name;
	uint32_t (*run)(struct call *call);
} operations[] = {
	{ 0x01, 3, "SYS_OPEN", call_open },
	{ 0x02, 1, "SYS_CLOSE", call_zero },
	{ 0x03, 0, "SYS_WRITEC", call_write_character },
	{ 0x04, 0, "SYS_WRITE0", call_write_text },
	{ 0x05, 3, "SYS_WRITE", call_write },
	{ 0x06, 3, "SYS_READ", call_read },
	{ 0x07, 0, "SYS_READC", call_minus_one },
	{ 0x08, 1, "SYS_ISERROR", call_zero },
	{ 0x09, 1, "SYS_ISTTY", call_one },
	{ 0x0A, 2, "SYS_SEEK", call_minus_one },
	{ 0x0C, 1, "SYS_FLEN", call_zero },
	{ 0x10, 0, "SYS_CLOCK", call_clock },
	{ 0x13, 0, "SYS_ERRNO", call_zero },
	{ 0x15, 2, "SYS_GET_CMDLINE", call_command_line },
	{ 0x18, 0, "SYS_EXIT", call_exit },
	{ 0x20, 2, "SYS_EXIT_EXTENDED", call_exit_extended },
};

static const struct operation *find_operation(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (operations[i].number == number)
			return &operations[i];
	return NULL;
}

static uint32_t run_operation(struct call *call, uint32_t number)
{
	const struct operation *operation = find_operation(number);
	uint8_t raw[sizeof(call->block)];

	if (!operation) {
		log_line(LOG_SESSION, "semihosting call 0x%02x is not served", number);
		return UINT32_MAX;
	}
	log_line(LOG_SESSION, "semihosting %s", operation->name);
	if (operation->words && !read_target(call, call->argument, raw, operation->words * 4u))
		return UINT32_MAX;
	for (unsigned i = 0; i < operation->words; i++)
		call->block[i] = get_u32(raw + 4 * i);
	return operation->run(call);
}

enum semihosting_outcome semihosting_serve(struct session *session, uint8_t *status)
{
	struct call call = { .session = session };
	struct core *core = session->core;
	uint32_t number, pc, result;

	if (core_read_register(core, 0, &number) || core_read_register(core, 1, &call.argument) ||
	    core_read_register(core, REG_PC, &pc))
		return SEMIHOSTING_FAILED;
	result = run_operation(&call, number);
	/* A bad pointer is the program's mistake: it gets an error, the session goes on. */
	if (call.failed)
		result = UINT32_MAX;
	if (core_write_register(core, 0, result) || core_write_register(core, REG_PC, pc + 2))
		return SEMIHOSTING_FAILED;
	if (!call.ended)
		return SEMIHOSTING_SERVED;
	*status = call.status;
	return SEMIHOSTING_ENDED;
}
