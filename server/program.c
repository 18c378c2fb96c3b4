/* SPDX-License-Identifier: MIT
 *
 * A program on semihosting without GDB: a client of the engine that says `c` and waits for the answer.
 */
#include "server/program.h"

#include "server/engine_state.h"

#include "probe/probe.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MS = 10 };

void program_output(void *context, const struct output *output)
{
	struct program *program = context;

	if (output->kind == OUTPUT_CONSOLE)
		program->print(program->context, (const char *)output->data, output->length);
	if (output->kind == OUTPUT_PACKET)
		snprintf(program->stop, sizeof(program->stop), "%.*s", (int)output->length, output->data);
}

bool program_is_served(const struct engine *engine)
{
	return engine->options.semihosting.on;
}

/* With no more of it the call that waits finds the end. */
static void give_input(struct engine *engine)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct event event = { .kind = EVENT_CONSOLE };
	uint8_t text[512];
	ssize_t length;

	if (poll(&input, 1, INPUT_MS) <= 0) {	/* a virtual link has a time of its own */
		link_wait_us(probe_link(engine->board.probe), INPUT_MS * 1000);
		return;
	}
	length = read(STDIN_FILENO, text, sizeof(text));
	if (length <= 0)
		engine->sessions[0].semihosting.input_comes = false;
	event.data = text;
	event.length = length > 0 ? (size_t)length : 0;
	engine_handle(engine, &event);
}

static int go_on(struct engine *engine, struct why *why)
{
	if (engine_quits(engine))
		return explain(why, E_INTERRUPTED, "It was interrupted before the program ended.");
	if (engine->sessions[0].semihosting.pending.what == WAITS_FOR_INPUT)
		give_input(engine);
	else
		engine_run_due(engine);
	return OK;
}

static int wait_for_answer(struct program *program, struct engine *engine, unsigned timeout_s, struct why *why)
{
	uint64_t begin_us = engine_now_us(engine);
	int err = OK;

	while (!program->stop[0] && !err) {
		err = go_on(engine, why);
		if (timeout_s && engine_now_us(engine) - begin_us > timeout_s * 1000000ull)
			return explain(why, E_TIMEOUT, "The program has not ended by SYS_EXIT within %u s "
				       "(--semihosting-timeout).", timeout_s);
	}
	return err;
}

static enum exit_status judge(const struct program *program, const struct engine *engine, struct why *why)
{
	const struct core *core = engine->sessions[0].core;
	unsigned status;

	if (sscanf(program->stop, "W%2x", &status) != 1) {
		explain(why, E_NOT_HALTED, "The program stopped at 0x%08x and did not end by SYS_EXIT; with "
			"--on-exit halt it stays there, for GDB or `tether run fault`.", core->stop_pc);
		return EXIT_FAILED;
	}
	if (status)
		explain(why, E_SYSTEM, "The program ended with status %u.", status);
	return (enum exit_status)status;
}

enum exit_status program_run(struct program *program, struct engine *engine, unsigned timeout_s, struct why *why)
{
	static const uint8_t resume[] = "c";
	struct event event = { .kind = EVENT_PACKET, .data = resume, .length = 1 };

	program->stop[0] = '\0';
	engine_handle(engine, &event);
	if (wait_for_answer(program, engine, timeout_s, why) != OK)
		return EXIT_FAILED;
	return judge(program, engine, why);
}
