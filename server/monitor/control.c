/* SPDX-License-Identifier: MIT
 *
 * Monitor commands that start and stop the core. GDB is not told by RSP that its registers are old
 * after them; its own `maintenance flush register-cache` reads them anew.
 */
#include "server/monitor/monitor.h"
#include "server/rsp/registers_map.h"
#include "server/session/session.h"

#include "targets/cortexm.h"

#include "probe/bytes.h"

#include <string.h>

/* An observer may wait for a stop; the controlling client knows from the answer. */
static int halted(struct monitor_call *call, int err)
{
	if (err)
		return err;
	call->session->signal = 5;
	session_tell_stop(call->session);
	call->session->stop_untold = false;
	return OK;
}

static int run_halt(struct monitor_call *call)
{
	return halted(call, session_halt(call->session, "monitor halt", call->why));
}

static int run_resume(struct monitor_call *call)
{
	int err;

	if (call->session->run == RUN_ENDED)
		session_adopt_core(call->session, "monitor resume");
	err = session_resume(call->session, "monitor resume", call->why);
	if (!err)
		session_note_pause(call->session);
	return err;
}

/* In the words of the field: SYSRESETREQ is "software" to some and "system" to others; J-Link has numbers. */
static bool find_reset_kind(const struct monitor_call *call, unsigned i, enum reset_kind *kind)
{
	static const struct {
		const char *word;
		enum reset_kind kind;
	} words[] = {
		{ "auto", RESET_AUTO }, { "system", RESET_SYSTEM }, { "pin", RESET_PIN },
		{ "core", RESET_CORE }, { "sysresetreq", RESET_SYSTEM }, { "software", RESET_SYSTEM },
		{ "sw", RESET_SYSTEM }, { "hardware", RESET_PIN }, { "hw", RESET_PIN }, { "srst", RESET_PIN },
		{ "nrst", RESET_PIN }, { "vectreset", RESET_CORE }, { "0", RESET_AUTO }, { "1", RESET_CORE },
		{ "2", RESET_PIN },
	};

	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		if (monitor_is(call, i, words[w].word)) {
			*kind = words[w].kind;
			return true;
		}
	return false;
}

static bool find_reset_end(const struct monitor_call *call, unsigned i, bool *halt)
{
	static const struct {
		const char *word;
		bool halt;
	} words[] = {
		{ "halt", true }, { "-halt", true }, { "init", true }, { "run", false },
		{ "-run", false },
	};

	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		if (monitor_is(call, i, words[w].word)) {
			*halt = words[w].halt;
			return true;
		}
	return false;
}

/* `reset` alone halts: GDB believes that the core is halted in any case. */
static int run_reset(struct monitor_call *call)
{
	enum reset_kind kind = RESET_AUTO;
	bool halt = true;
	int err;

	for (unsigned i = 0; i < call->argc; i++)
		if (!find_reset_end(call, i, &halt) && !find_reset_kind(call, i, &kind))
			return monitor_usage(call, "reset [halt|run|init] [auto|system|pin|core]");
	err = engine_reset(call->engine, kind, halt, "monitor reset", call->why);
	return halt ? halted(call, err) : err;
}

static int run_reset_type(struct monitor_call *call)
{
	static const char *const names[] = {
		[RESET_AUTO] = "auto", [RESET_SYSTEM] = "system (SYSRESETREQ)", [RESET_PIN] = "pin (NRST)",
		[RESET_CORE] = "core (VECTRESET)",
	};
	struct board *board = &call->engine->board;

	if (call->argc && !find_reset_kind(call, 0, &board->options.reset))
		return monitor_usage(call, "reset-type [auto|system|pin|core]");
	monitor_print(call, "resets begin with: %s%s\n", names[board->options.reset],
		      board->pin_is_dead ? "; NRST does nothing on this board" : "");
	return OK;
}

static int run_connect(struct monitor_call *call)
{
	static const char *const modes[] = {
		[CONNECT_AUTO] = "auto", [CONNECT_NORMAL] = "normal",
		[CONNECT_UNDER_RESET] = "under-reset", [CONNECT_HOT_PLUG] = "hot-plug",
		[CONNECT_OBSERVE] = "hot-plug,no-halt",
	};
	struct board *board = &call->engine->board;
	unsigned mode = 0;
	char tried[CLIMB_TEXT];
	int err;

	while (call->argc && mode < ARRAY_SIZE(modes) && !monitor_is(call, 0, modes[mode]))
		mode++;
	if (mode == ARRAY_SIZE(modes))
		return monitor_usage(call, "connect [auto|normal|under-reset|hot-plug|hot-plug,no-halt]");
	if (call->argc)
		board->options.connect = (enum connect_mode)mode;
	board->attached = false;
	err = engine_connect(call->engine, call->why);
	if (!err)
		monitor_print(call, "connected to %s: %s\n", board->chip.name,
			      climb_text(&board->climb, tried, sizeof(tried)));
	return err;
}

static int run_sleep(struct monitor_call *call)
{
	struct probe *probe = call->engine->board.probe;
	uint32_t ms;
	int err = monitor_number(call, 0, &ms);

	for (uint32_t slept = 0; !err && slept < ms; slept += 10) {
		link_wait_us(probe_link(probe), min_u32(ms - slept, 10) * 1000);
		err = probe_interrupted(probe) ? E_INTERRUPTED : OK;
	}
	return err;
}

static int run_clear(struct monitor_call *call)
{
	core_remove_all_points(call->session->core);
	return OK;
}

/* Stop at the vector when something else than a command resets the chip. */
static int run_reset_catch(struct monitor_call *call)
{
	struct core *core = call->session->core;
	bool on = core->demcr & VC_CORERESET;
	int err = call->argc ? monitor_switch(call, 0, &on) : OK;

	if (err)
		return err;
	err = core_catch(core, (core->demcr & VC_ALL & ~(uint32_t)VC_CORERESET) | (on ? VC_CORERESET : 0));
	if (!err)
		monitor_print(call, "resets from outside %s\n", on ? "halt the core" : "let it run");
	return err;
}

static int print_register(struct monitor_call *call, const struct gdb_register *row)
{
	uint64_t value;
	int err = gdb_register_read(call->session->core, row, &value);

	if (!err)
		monitor_print(call, "%-10s 0x%0*llx\n", row->name, row->bits / 4,
			      (unsigned long long)value);
	return err;
}

static int print_registers(struct monitor_call *call)
{
	struct core *core = call->session->core;
	int err = core_fetch_registers(core, false);

	for (size_t i = 0; i < gdb_register_count && !err; i++) {
		const struct gdb_register *row = &gdb_registers[i];

		if (row->feature != FEATURE_VFP &&
		    gdb_register_exists(row, core->mainline, core->fpu))
			err = print_register(call, row);
	}
	return err;
}

static int run_registers(struct monitor_call *call)
{
	struct core *core = call->session->core;
	const struct gdb_register *row;
	uint32_t value;
	int err;

	if (!call->argc)
		return print_registers(call);
	row = gdb_register_named(core, call->argv[0]);
	if (!row)
		return explain(call->why, E_ARGUMENT, "This core has no register '%s'.",
			       call->argv[0]);
	if (call->argc == 1)
		return print_register(call, row);
	if (call->peer && !session_may_control(call->session, call->peer))
		return explain(call->why, E_REFUSED, "Another client controls this target.");
	err = monitor_number(call, 1, &value);
	return err ? err : gdb_register_write(core, row, value);
}

static int run_on_exit(struct monitor_call *call)
{
	static const char *const words[] = {
		[ON_EXIT_RUN] = "run", [ON_EXIT_HALT] = "halt", [ON_EXIT_KEEP] = "keep",
	};
	struct engine_options *options = &call->engine->options;

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (monitor_is(call, 0, words[i]))
			options->on_exit = (enum on_exit)i;
	if (call->argc && !monitor_is(call, 0, words[options->on_exit]))
		return monitor_usage(call, "on-exit [run|halt|keep]");
	monitor_print(call, "at the end: %s\n", words[options->on_exit]);
	return OK;
}

enum { CONTROL = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_control[] = {
	{ "reset", "[halt|run|init] [auto|system|pin|core]", "Reset the chip; halts at the reset vector unless `run`\n"
	  "reset run", CONTROL, run_reset },
	{ "reset-type", "[auto|system|pin|core]", "How resets are done at first: SYSRESETREQ, NRST or VECTRESET\n"
	  "reset-type pin", MONITOR_CONTROL, run_reset_type },
	{ "reset-catch", "[on|off]", "Stop at the reset vector when the chip is reset from outside\n"
	  "reset-catch on", CONTROL, run_reset_catch },
	{ "halt", "", "Halt the core", CONTROL, run_halt },
	{ "resume", "", "Let the core run", CONTROL, run_resume },
	{ "go", "", "The same as resume", CONTROL, run_resume },
	{ "connect", "[auto|normal|under-reset|hot-plug[,no-halt]]", "Reach for the target again\n"
	  "connect under-reset", MONITOR_CONTROL, run_connect },
	{ "sleep", "MS", "Wait\nsleep 100", 0, run_sleep },
	{ "reg", "[NAME [VALUE]]", "Show or set core registers\nreg pc 0x08000200",
	  MONITOR_TARGET | MONITOR_HALTED, run_registers },
	{ "on-exit", "[run|halt|keep]", "What happens to the core when the session ends\n"
	  "on-exit halt", 0, run_on_exit },
	{ "clrbp", "", "Remove all breakpoints and watchpoints", CONTROL, run_clear },
	{ NULL, NULL, NULL, 0, NULL },
};
