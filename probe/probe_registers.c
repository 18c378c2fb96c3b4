/* SPDX-License-Identifier: MIT
 *
 * Accesses that bring their status with them: single words, DAP registers, the core's registers.
 */
#include "probe/probe.h"

#include "probe/bytes.h"
#include "probe/private.h"

enum { PORT_DP = 0xFFFF };

/* WAIT is waited out 1, 2, 4 .. 128 ms; the firmware has tried at once many times before. */
enum { RETRIES = 8, FIRST_PAUSE_US = 1000 };

/* ADIv5, DP ABORT: clears STICKYORUN, WDATAERR, STICKYERR and STICKYCMP. */
enum { DP_ABORT = 0x0, ABORT_CLEAR_ALL = 0x1E };

/* Status word, then the registers. */
enum { ALL_REGISTERS_SIZE = 4 + 4 * PROBE_CORE_REGISTERS };

int probe_check_port(const struct probe *probe, struct probe_port port)
{
	return (port.ap || port.csw) && !probe->abilities.csw ? E_FIRMWARE : OK;
}

static int read_dap(struct probe *probe, uint16_t port, uint16_t address, uint32_t *value)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_READ_DAP);
	uint8_t reply[8];
	int err;

	put_u16(x.command + 2, port);
	put_u16(x.command + 4, address);
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run_status(&probe->stlink, &x);
	if (!err)
		*value = get_u32(reply + 4);
	return err;
}

static int write_dap(struct probe *probe, uint16_t port, uint16_t address, uint32_t value)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_WRITE_DAP);
	uint8_t reply[2];

	put_u16(x.command + 2, port);
	put_u16(x.command + 4, address);
	put_u32(x.command + 6, value);
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

int probe_note_error(struct probe *probe, int err)
{
	if (err == E_WAIT)
		probe->waits++;
	if (err != E_FAULT)
		return err;
	probe->faults++;
	/* Older firmware clears them by itself, as far as it does. */
	if (probe->abilities.dap_registers) {
		const struct stlink_status *failure = probe->stlink.failure;

		write_dap(probe, PORT_DP, DP_ABORT, ABORT_CLEAR_ALL);
		probe->stlink.failure = failure;
	}
	return err;
}

int probe_pause(struct probe *probe, unsigned tries, int err)
{
	if (tries >= RETRIES)
		return err;
	if (probe_interrupted(probe))
		return E_INTERRUPTED;
	link_wait_us(probe->stlink.link, (uint64_t)FIRST_PAUSE_US << tries);
	probe->retries++;
	return OK;
}

/* A transfer is 46 clocks; those that WAIT are repeated, and the wire is slower than its label. */
uint32_t probe_deadline_ms(const struct probe *probe, uint32_t transfers)
{
	uint32_t khz = probe->speed_khz ? probe->speed_khz : 100;

	return COMMAND_MS + transfers * (4 * 50) / khz;
}

int probe_dap_read(struct probe *probe, uint16_t port, uint16_t address, uint32_t *value)
{
	if (!probe->abilities.dap_registers)
		return E_FIRMWARE;
	return probe_note_error(probe, read_dap(probe, port, address, value));
}

int probe_dap_write(struct probe *probe, uint16_t port, uint16_t address, uint32_t value)
{
	if (!probe->abilities.dap_registers)
		return E_FIRMWARE;
	return probe_note_error(probe, write_dap(probe, port, address, value));
}

int probe_register_read(struct probe *probe, uint8_t ap, uint32_t address, uint32_t *value)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_READ_REGISTER);
	uint8_t reply[8];
	int err;

	put_u32(x.command + 2, address);
	x.command[6] = ap;
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run_status(&probe->stlink, &x);
	if (!err)
		*value = get_u32(reply + 4);
	return probe_note_error(probe, err);
}

int probe_register_write(struct probe *probe, uint8_t ap, uint32_t address, uint32_t value)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_WRITE_REGISTER);
	uint8_t reply[2];

	put_u32(x.command + 2, address);
	put_u32(x.command + 6, value);
	x.command[10] = ap;
	x.in = reply;
	x.in_length = sizeof(reply);
	return probe_note_error(probe, stlink_run_status(&probe->stlink, &x));
}

int probe_read_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t *value)
{
	uint8_t bytes[4];
	int err = probe_read(probe, port, address, bytes, sizeof(bytes), PROBE_32, NULL);

	if (!err)
		*value = get_u32(bytes);
	return err;
}

int probe_write_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t value)
{
	uint8_t bytes[4];

	put_u32(bytes, value);
	return probe_write(probe, port, address, bytes, sizeof(bytes), PROBE_32, NULL);
}

static int read_all(struct probe *probe, uint8_t reply[ALL_REGISTERS_SIZE])
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_READ_ALL_REGISTERS);

	x.in = reply;
	x.in_length = ALL_REGISTERS_SIZE;
	return probe_note_error(probe, stlink_run_status(&probe->stlink, &x));
}

/* Reading registers of a halted core changes nothing, so WAIT is waited out. */
int probe_read_core_registers(struct probe *probe, struct probe_port port,
			      uint32_t out[PROBE_CORE_REGISTERS])
{
	uint8_t reply[ALL_REGISTERS_SIZE];
	unsigned tries = 0;
	int err;

	if (port.ap)
		return E_AP;
	do
		err = read_all(probe, reply);
	while (err == E_WAIT && !(err = probe_pause(probe, tries++, err)));
	if (err)
		return err;
	for (unsigned i = 0; i < PROBE_CORE_REGISTERS; i++)
		out[i] = get_u32(reply + 4 + 4 * i);
	return OK;
}
