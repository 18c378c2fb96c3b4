/* SPDX-License-Identifier: MIT
 *
 * Semihosting calls: the operation's number in r0, its argument or the address of a parameter block in
 * r1, the result goes to r0. What a program gets wrong is an error for the program.
 */
#include "server/semihosting/call.h"

#include "server/memory_map.h"
#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void semihosting_init(struct session *session, const struct semihosting_options *options)
{
	struct semihosting *host = &session->semihosting;

	memset(host, 0, sizeof(*host));
	host->on = options->on;
	host->by_gdb = options->by_gdb;
	host->console = options->console;
	host->input_comes = options->input_comes;
	if (options->arguments)
		strncat(host->arguments, options->arguments, ARGUMENTS_SIZE - 1);
	host_files_init(&host->files, options->folder);
}

void semihosting_clear(struct session *session)
{
	host_files_clear(&session->semihosting.files);
}

void semihosting_restart(struct session *session)
{
	struct semihosting *host = &session->semihosting;

	host_files_reset(&host->files);
	host->error = 0;
	host->started_us = engine_now_us(session->engine);
	host->pending.what = WAITS_FOR_NOTHING;
}

uint32_t call_read_some(struct call *call, uint32_t address, void *data, uint32_t length)
{
	uint32_t done = 0;

	if (!memory_map_is_plain(address, length) ||
	    memory_read(call->core, address, data, length, &done) < 0 || !done)
		call->failed = true;
	return call->failed ? 0 : done;
}

bool call_read(struct call *call, uint32_t address, void *data, uint32_t length)
{
	if (length && call_read_some(call, address, data, length) < length)
		call->failed = true;
	return !call->failed;
}

bool call_write(struct call *call, uint32_t address, const void *data, uint32_t length)
{
	if (!memory_map_is_plain(address, length) ||
	    memory_write(call->core, address, data, length, NULL) < 0)
		call->failed = true;
	return !call->failed;
}

bool call_read_text(struct call *call, uint32_t address, uint32_t length, char *text, size_t size)
{
	if (length >= size || !call_read(call, address, text, length))
		return false;
	text[length] = '\0';
	return strlen(text) == length;
}

uint32_t call_error(struct call *call, int error)
{
	call->host->error = host_errno_for_target(error);
	return (uint32_t)CALL_FAILED;
}

bool call_ask_gdb(struct session *session,
		  bool (*finish)(struct session *session, int32_t answer, uint32_t *result),
		  const char *format, ...)
{
	struct semihosting_pending *pending = &session->semihosting.pending;
	struct peer *peer = session->controller == NO_CLIENT ? NULL :
			    &session->engine->peers[session->controller];
	char text[120];
	va_list args;

	if (!peer || !peer->waits)
		return false;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	peer->waits = false;
	pending->what = WAITS_FOR_GDB;
	pending->finish = finish;
	log_line(LOG_SESSION, "GDB is asked: %s", text);
	engine_output(session->engine, OUTPUT_PACKET, peer->number, text, strlen(text));
	return true;
}

static const struct operation *find_operation(uint32_t number)
{
	static const struct operation *const tables[] = { file_operations, system_operations };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct operation *row = tables[t]; row->name; row++)
			if (row->number == number)
				return row;
	return NULL;
}

static uint32_t run_operation(struct call *call, uint32_t number)
{
	const struct operation *operation = find_operation(number);
	uint8_t raw[sizeof(call->block)];

	if (!operation) {
		log_line(LOG_SESSION, "semihosting call 0x%02x is not served", number);
		return call_error(call, ENOSYS);
	}
	log_line(LOG_SESSION, "semihosting %s", operation->name);
	if (operation->words && !call_read(call, call->argument, raw, operation->words * 4u))
		return 0;
	for (unsigned i = 0; i < operation->words; i++)
		call->block[i] = get_u32(raw + 4 * i);
	return operation->run(call);
}

static enum semihosting_outcome finish(struct session *session, uint32_t result)
{
	struct core *core = session->core;
	uint32_t pc;

	session->semihosting.pending.what = WAITS_FOR_NOTHING;
	if (core_read_register(core, REG_PC, &pc) || core_write_register(core, REG_R0, result) ||
	    core_write_register(core, REG_PC, pc + 2))
		return SEMIHOSTING_FAILED;
	return SEMIHOSTING_SERVED;
}

/* A Ctrl-C in the middle of a call would cut its reads and look like an error to the program; calls
 * are short (see the limits of their lengths), so it waits. */
enum semihosting_outcome semihosting_serve(struct session *session, uint8_t *status)
{
	struct call call = {
		.session = session, .host = &session->semihosting, .core = session->core,
	};
	struct probe *probe = session->engine->board.probe;
	enum semihosting_outcome outcome;
	uint32_t number, result;

	call.host->pending.what = WAITS_FOR_NOTHING;
	if (core_read_register(call.core, REG_R0, &number) ||
	    core_read_register(call.core, REG_R0 + 1, &call.argument))
		return SEMIHOSTING_FAILED;
	probe_critical_begin(probe);
	result = run_operation(&call, number);
	/* A bad pointer is the program's mistake: it gets an error, the session goes on. */
	if (call.failed)
		result = call_error(&call, EFAULT);
	outcome = call.waits && !call.failed ? SEMIHOSTING_WAITS : finish(session, result);
	probe_critical_end(probe);
	if (outcome != SEMIHOSTING_SERVED || !call.ended)
		return outcome;
	*status = call.status;
	return SEMIHOSTING_ENDED;
}

enum semihosting_outcome semihosting_reply(struct session *session, int32_t answer, int error)
{
	struct semihosting *host = &session->semihosting;
	uint32_t result = (uint32_t)CALL_FAILED;

	if (answer < 0)
		host->error = error;
	host->pending.what = WAITS_FOR_NOTHING;
	return host->pending.finish(session, answer, &result) ? SEMIHOSTING_WAITS :
							       finish(session, result);
}

enum semihosting_outcome semihosting_give_up(struct session *session)
{
	session->semihosting.error = EIO;
	return finish(session, (uint32_t)CALL_FAILED);
}

bool semihosting_input(struct session *session, const void *text, size_t length)
{
	struct semihosting *host = &session->semihosting;
	size_t room = CONSOLE_INPUT_SIZE - host->input_length;

	if (length > room)
		log_line(LOG_WARN, "%zu bytes of console input are lost: the program does not read",
			 length - room);
	length = length < room ? length : room;
	memcpy(host->input + host->input_length, text, length);
	host->input_length += length;
	return host->pending.what == WAITS_FOR_INPUT;
}
