/* SPDX-License-Identifier: MIT
 *
 * The probe's hold on the target: voltage, speed, debug mode, access ports, reset pin, power.
 */
#include "probe/probe.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/private.h"
#include "probe/speed.h"

/* Two ADC values: of the probe's 1.2 V reference, and of half the target's voltage. */
int probe_voltage_mv(struct probe *probe, uint32_t *mv)
{
	struct link_exchange x = stlink_command(ST_GET_VOLTAGE, 0);
	uint64_t reference, half;
	uint8_t reply[8];
	int err;

	*mv = 0;
	if (!probe->abilities.voltage)
		return OK;
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run(&probe->stlink, &x);
	if (err)
		return err;
	reference = get_u32(reply);
	half = get_u32(reply + 4);
	/* Both come from a 12-bit converter; clones without the divider answer anything. */
	if (reference && reference < 4096 && half < 4096)
		*mv = (uint32_t)(2 * 1200 * half / reference);
	return OK;
}

static int set_divisor(struct probe *probe, uint32_t khz, uint32_t *actual)
{
	const struct speed_divisor *speed = speed_choose_v2(khz);
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_SET_DIVISOR);
	uint8_t reply[2];

	*actual = speed->khz;
	if (speed->khz == probe->speed_khz)
		return OK;
	probe_trace_pause(probe);
	put_u16(x.command + 2, speed->divisor);
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

static int read_speeds(struct probe *probe)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_GET_SPEEDS);
	uint8_t reply[SPEED_REPLY_SIZE];
	int err;

	if (probe->speeds_khz[0])
		return OK;
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run_status(&probe->stlink, &x);
	if (!err && !speed_parse_list(reply, probe->speeds_khz, SPEEDS_MAX))
		err = E_PROTOCOL;
	return err;
}

static size_t count_speeds(const struct probe *probe)
{
	size_t count = 0;

	while (count < SPEEDS_MAX && probe->speeds_khz[count])
		count++;
	return count;
}

static int set_speed_v3(struct probe *probe, uint32_t khz, uint32_t *actual)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_SET_SPEED);
	uint8_t reply[8];
	int err = read_speeds(probe);

	if (err)
		return err;
	khz = speed_choose(probe->speeds_khz, count_speeds(probe), khz);
	*actual = khz;
	if (khz == probe->speed_khz)
		return OK;
	probe_trace_pause(probe);
	put_u32(x.command + 4, khz);
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run_status(&probe->stlink, &x);
	if (!err && get_u32(reply + 4))
		*actual = get_u32(reply + 4);
	return err;
}

/* The probe keeps its speed over sessions, so the first setting is always sent. */
int probe_set_speed(struct probe *probe, uint32_t khz, uint32_t *actual)
{
	int err = OK;

	if (probe->version.major >= 3)
		err = set_speed_v3(probe, khz, actual);
	else if (probe->abilities.set_speed)
		err = set_divisor(probe, khz, actual);
	else
		*actual = SPEED_V2_DEFAULT_KHZ;
	if (err)
		return err;
	if (*actual != probe->speed_khz && probe->stlink.in_debug)
		probe_trace_go_on(probe);
	probe->speed_khz = *actual;
	return OK;
}

uint32_t probe_speed_khz(const struct probe *probe)
{
	return probe->speed_khz;
}

static int read_dpidr(struct probe *probe, uint32_t *dpidr)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_READ_IDCODES);
	uint8_t reply[12];
	int err;

	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run_status(&probe->stlink, &x);
	if (!err)
		*dpidr = get_u32(reply + 4);
	return err;
}

static bool in_other_mode(const struct probe *probe, int err)
{
	const struct stlink_status *failure = probe->stlink.failure;

	return err == E_PROTOCOL && failure && failure->code == STATUS_OTHER_MODE;
}

int probe_enter_swd(struct probe *probe, uint32_t *dpidr)
{
	int err;

	probe_trace_pause(probe);
	probe->stlink.failure = NULL;
	err = stlink_enter_swd(&probe->stlink);
	if (in_other_mode(probe, err)) {
		err = stlink_exit(&probe->stlink);
		if (!err)
			err = stlink_enter_swd(&probe->stlink);
	}
	if (!err)
		probe_trace_go_on(probe);
	return err || !dpidr ? err : read_dpidr(probe, dpidr);
}

int probe_exit(struct probe *probe)
{
	probe_trace_pause(probe);
	return stlink_exit(&probe->stlink);
}

int probe_open_ap(struct probe *probe, uint8_t ap)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_INIT_AP);
	uint8_t reply[2];

	if (!probe->abilities.init_ap)
		return ap ? E_FIRMWARE : OK;	/* old firmware opens AP 0 by itself */
	x.command[2] = ap;
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

int probe_reset_pin(struct probe *probe, enum probe_pin level)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_DRIVE_NRST);
	uint8_t reply[2];

	x.command[2] = (uint8_t)level;
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

int probe_power(struct probe *probe, bool on)
{
	struct link_exchange x = stlink_command(ST_POWER, on);
	uint8_t reply[2];
	int err;

	if (!probe->abilities.power_switch)
		return E_FIRMWARE;
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run(&probe->stlink, &x);
	/* This board can't, whatever the reason it gives. */
	if (!err && reply[0] != STATUS_OK)
		err = E_FIRMWARE;
	return err;
}
