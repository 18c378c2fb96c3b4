/* SPDX-License-Identifier: MIT
 *
 * Single ST-LINK commands. A command has no tag, so a reply that comes late is taken for the next
 * one's: after any cut-off exchange nothing more is believed until the probe is in step again.
 */
#include "probe/stlink.h"

#include "probe/bytes.h"
#include "probe/log.h"

/* For the log; `address` where bytes 2..5 hold one. */
static const struct command_name {
	uint8_t first, second;
	const char *name;
	bool address;
} command_names[] = {
	{ ST_GET_VERSION, 0, "version", false },
	{ ST_GET_VERSION3, 0, "version3", false },
	{ ST_GET_MODE, 0, "mode", false },
	{ ST_GET_VOLTAGE, 0, "voltage", false },
	{ ST_DFU, DFU_EXIT, "leave DFU", false },
	{ ST_SWIM, SWIM_EXIT, "leave SWIM", false },
	{ ST_POWER, 0, "power off", false },
	{ ST_POWER, 1, "power on", false },
	{ ST_DEBUG, DEBUG_ENTER, "enter", false },
	{ ST_DEBUG, DEBUG_EXIT, "exit", false },
	{ ST_DEBUG, DEBUG_READ_IDCODES, "idcodes", false },
	{ ST_DEBUG, DEBUG_READ_MEM32, "read32", true },
	{ ST_DEBUG, DEBUG_WRITE_MEM32, "write32", true },
	{ ST_DEBUG, DEBUG_READ_MEM16, "read16", true },
	{ ST_DEBUG, DEBUG_WRITE_MEM16, "write16", true },
	{ ST_DEBUG, DEBUG_READ_MEM8, "read8", true },
	{ ST_DEBUG, DEBUG_WRITE_MEM8, "write8", true },
	{ ST_DEBUG, DEBUG_READ_REGISTER, "read register", true },
	{ ST_DEBUG, DEBUG_WRITE_REGISTER, "write register", true },
	{ ST_DEBUG, DEBUG_READ_ALL_REGISTERS, "core registers", false },
	{ ST_DEBUG, DEBUG_LAST_STATUS, "status", false },
	{ ST_DEBUG, DEBUG_LAST_STATUS2, "status", false },
	{ ST_DEBUG, DEBUG_DRIVE_NRST, "nRST", false },
	{ ST_DEBUG, DEBUG_SET_DIVISOR, "speed", false },
	{ ST_DEBUG, DEBUG_SET_SPEED, "speed", false },
	{ ST_DEBUG, DEBUG_GET_SPEEDS, "speeds", false },
	{ ST_DEBUG, DEBUG_READ_DAP, "read DAP", false },
	{ ST_DEBUG, DEBUG_WRITE_DAP, "write DAP", false },
	{ ST_DEBUG, DEBUG_INIT_AP, "open AP", false },
	{ ST_DEBUG, DEBUG_BATCH_OUT, "batch out", false },
	{ ST_DEBUG, DEBUG_BATCH_IN, "batch in", false },
};

static const struct command_name *name_of(const uint8_t *command)
{
	static const struct command_name nameless = { 0, 0, "command", false };

	for (size_t i = 0; i < ARRAY_SIZE(command_names); i++)
		if (command_names[i].first == command[0] && command_names[i].second == command[1])
			return &command_names[i];
	return &nameless;
}

static bool is_register(const uint8_t *command, uint8_t code)
{
	return command[0] == ST_DEBUG && command[1] == code;
}

static void log_command(const struct link_exchange *x, int err)
{
	const struct command_name *name = name_of(x->command);
	const char *outcome = err ? error_text(err) : "ok";
	uint32_t address = get_u32(x->command + 2);

	if (is_register(x->command, DEBUG_READ_REGISTER) && x->in_got == 8)
		log_line(LOG_PROBE, "%s %08x: %08x", name->name, address,
			 get_u32((const uint8_t *)x->in + 4));
	else if (is_register(x->command, DEBUG_WRITE_REGISTER))
		log_line(LOG_PROBE, "%s %08x: %08x, %s", name->name, address,
			 get_u32(x->command + 6), outcome);
	else if (name->address)
		log_line(LOG_PROBE, "%s %08x, %zu bytes: %s", name->name, address,
			 x->out_length + x->in_length, outcome);
	else
		log_line(LOG_PROBE, "%s: %s", name->name, outcome);
}

struct link_exchange stlink_command(uint8_t first, uint8_t second)
{
	return (struct link_exchange){ .command = { first, second }, .timeout_ms = COMMAND_MS };
}

/* An exchange on a probe that is in step; any failure but unplugging puts it out of step. */
static int run(struct stlink *stlink, struct link_exchange *x)
{
	int err;

	if (stlink->out_of_step) {
		err = stlink_realign(stlink);
		if (err)
			return err;
	}
	err = link_do(stlink->link, x);
	if (err)
		stlink->out_of_step = true;
	stlink->gone = err == E_GONE;
	return err;
}

static int run_logged(struct stlink *stlink, struct link_exchange *x)
{
	int err = run(stlink, x);

	if (log_is_on(LOG_PROBE))
		log_command(x, err);
	return err;
}

int stlink_run(struct stlink *stlink, struct link_exchange *x)
{
	int err = run_logged(stlink, x);

	if (err)
		return err;
	if (x->in_got == x->in_length)
		return OK;
	/* Firmware that does not know a command says so in place of the reply. */
	if (x->in_got == 2 && ((uint8_t *)x->in)[0] == STATUS_UNKNOWN_COMMAND)
		return stlink_judge(stlink, STATUS_UNKNOWN_COMMAND);
	stlink->out_of_step = true;
	return E_PROTOCOL;
}

int stlink_judge(struct stlink *stlink, uint8_t code)
{
	const struct stlink_status *status = stlink_status(code);

	if (!status->err)
		return OK;
	stlink->failure = status;
	log_line(LOG_PROBE, "status %02x %s: %s", code, status->name, status->cause);
	return status->err;
}

int stlink_run_status(struct stlink *stlink, struct link_exchange *x)
{
	int err = run_logged(stlink, x);
	const uint8_t *reply = x->in;

	if (err)
		return err;
	/* A failure may come as a bare status. */
	if (x->in_got >= 2 && x->in_got < x->in_length)
		err = stlink_judge(stlink, reply[0]);
	else if (x->in_got == x->in_length)
		return stlink_judge(stlink, reply[0]);
	if (!err) {
		stlink->out_of_step = true;
		return E_PROTOCOL;
	}
	return err;
}

int stlink_get_mode(struct stlink *stlink)
{
	struct link_exchange x = stlink_command(ST_GET_MODE, 0);
	uint8_t reply[2];
	int err;

	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run(stlink, &x);
	if (!err && reply[0] > MODE_BOOTLOADER)
		err = E_PROTOCOL;
	if (!err)
		stlink->mode = (enum stlink_mode)reply[0];
	return err;
}

int stlink_enter_swd(struct stlink *stlink)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_ENTER);
	uint8_t reply[2];

	stlink->in_debug = true;
	x.command[2] = ENTER_SWD;
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(stlink, &x);
}

int stlink_exit(struct stlink *stlink)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_EXIT);

	stlink->in_debug = false;
	return stlink_run(stlink, &x);
}

int stlink_last_status(struct stlink *stlink, bool status2, uint32_t *fault)
{
	struct link_exchange x =
		stlink_command(ST_DEBUG, status2 ? DEBUG_LAST_STATUS2 : DEBUG_LAST_STATUS);
	uint8_t reply[12];
	int err;

	x.in = reply;
	x.in_length = status2 ? sizeof(reply) : 2;
	err = stlink_run_status(stlink, &x);
	if (status2 && x.in_got == sizeof(reply))
		*fault = get_u32(reply + 4);
	return err;
}
