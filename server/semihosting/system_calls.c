/* SPDX-License-Identifier: MIT
 *
 * The calls about time, the program's surroundings and its end: sections 6.13 to 6.21 of the
 * specification.
 */
#include "server/semihosting/call.h"

#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { EXIT_APPLICATION = 0x20026 };	/* ADP_Stopped_ApplicationExit */
enum { TICKS_PER_S = 1000000, US_PER_CENTISECOND = 10000 };

/* Of the program's life, in the link's time. */
static uint64_t elapsed_us(const struct call *call)
{
	return engine_now_us(call->session->engine) - call->host->started_us;
}

static uint32_t run_clock(struct call *call)
{
	return (uint32_t)(elapsed_us(call) / US_PER_CENTISECOND);
}

/* The calendar, which the link knows nothing of. */
static uint32_t run_time(struct call *call)
{
	(void)call;
	return (uint32_t)time(NULL);
}

static uint32_t run_elapsed(struct call *call)
{
	uint64_t ticks = elapsed_us(call);
	uint8_t raw[8];

	put_u32(raw, (uint32_t)ticks);
	put_u32(raw + 4, (uint32_t)(ticks >> 32));
	call_write(call, call->argument, raw, sizeof(raw));
	return 0;
}

static uint32_t run_tick_frequency(struct call *call)
{
	(void)call;
	return TICKS_PER_S;
}

static uint32_t run_system(struct call *call)
{
	log_line(LOG_WARN, "The program wants to run a command here (SYS_SYSTEM): refused.");
	return call_error(call, EPERM);
}

static uint32_t run_errno(struct call *call)
{
	return (uint32_t)call->host->error;
}

static uint32_t run_command_line(struct call *call)
{
	uint32_t length = (uint32_t)strlen(call->host->arguments);
	uint8_t raw[4];

	if (call->block[1] <= length)
		return call_error(call, E2BIG);
	put_u32(raw, length);
	if (call_write(call, call->block[0], call->host->arguments, length + 1))
		call_write(call, call->argument + 4, raw, sizeof(raw));
	return 0;
}

/* Zeros: the program's own idea of its heap and stack is the right one. */
static uint32_t run_heap_info(struct call *call)
{
	static const uint8_t zeros[16];

	call_write(call, call->block[0], zeros, sizeof(zeros));
	return 0;
}

static uint32_t run_exit(struct call *call)
{
	call->ended = true;
	call->status = call->argument == EXIT_APPLICATION ? 0 : 1;
	return 0;
}

static uint32_t run_exit_extended(struct call *call)
{
	call->ended = true;
	call->status = call->block[0] == EXIT_APPLICATION ? (uint8_t)call->block[1] : 1;
	return 0;
}

const struct operation system_operations[] = {
	{ 0x10, 0, "SYS_CLOCK", run_clock },
	{ 0x11, 0, "SYS_TIME", run_time },
	{ 0x12, 2, "SYS_SYSTEM", run_system },
	{ 0x13, 0, "SYS_ERRNO", run_errno },
	{ 0x15, 2, "SYS_GET_CMDLINE", run_command_line },
	{ 0x16, 1, "SYS_HEAPINFO", run_heap_info },
	{ 0x18, 0, "SYS_EXIT", run_exit },
	{ 0x20, 2, "SYS_EXIT_EXTENDED", run_exit_extended },
	{ 0x30, 0, "SYS_ELAPSED", run_elapsed },
	{ 0x31, 0, "SYS_TICKFREQ", run_tick_frequency },
	{ 0, 0, NULL, NULL },
};
