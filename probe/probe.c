/* SPDX-License-Identifier: MIT
 *
 * A probe from open to close: who it is, what it can do, and what is asked of it as a whole.
 */
#include "probe/probe.h"

#include "probe/abilities.h"
#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/private.h"

#include <stdlib.h>

/* The firmware needs a moment to come out of DFU mode; ST's tool waits 9 ms. */
enum { DFU_EXIT_US = 10000, LEAVE_TRIES = 3 };

static int read_version(struct probe *probe)
{
	uint16_t product = get_u16(probe->stlink.version + 4);
	struct link_exchange x = stlink_command(ST_GET_VERSION3, 0);
	uint8_t reply[VERSION3_SIZE];
	int err;

	version_parse(&probe->version, probe->stlink.version, product);
	if (probe->version.major < 3)
		return OK;
	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run(&probe->stlink, &x);
	if (!err)
		version_parse_v3(&probe->version, reply, product);
	return err;
}

static int check_version(const struct probe_version *version, struct why *why)
{
	if (version->major < 2)
		return explain(why, E_FIRMWARE, "ST-LINK/V1 speaks another protocol and is not "
			       "supported: use a V2, V2-1 or V3");
	if (version->major == 2 && !version->jtag)
		return explain(why, E_FIRMWARE, "this probe's firmware (%s) has no SWD: write "
			       "debug firmware to it with ST's STSW-LINK007", version->text);
	return OK;
}

/* One try; whether it helped, the probe does not say. */
static int leave_mode(struct probe *probe)
{
	struct link_exchange dfu_exit = stlink_command(ST_DFU, DFU_EXIT);
	struct link_exchange swim_exit = stlink_command(ST_SWIM, SWIM_EXIT);
	int err;

	switch (probe->stlink.mode) {
	case MODE_DFU:
		err = stlink_run(&probe->stlink, &dfu_exit);
		link_wait_us(probe->stlink.link, DFU_EXIT_US);
		return err;
	case MODE_SWIM:
		return stlink_run(&probe->stlink, &swim_exit);
	case MODE_DEBUG:
		return stlink_exit(&probe->stlink);
	case MODE_MASS:
		return OK;
	case MODE_BOOTLOADER:
		break;
	}
	return E_FIRMWARE;
}

/* Out of the mode that it has from power-up, or that some program before us left it in. ENTER works
 * in debug mode too, so that one needs no second look. */
static int leave_modes(struct probe *probe)
{
	int err = OK;

	for (int tries = 0; tries < LEAVE_TRIES && probe->stlink.mode != MODE_MASS; tries++) {
		err = leave_mode(probe);
		if (err == E_FIRMWARE || err == E_GONE)
			return err;
		if (!err && probe->stlink.mode == MODE_DEBUG)
			return OK;
		err = stlink_get_mode(&probe->stlink);
	}
	return err;
}

static int set_up(struct probe *probe, struct why *why)
{
	int err = stlink_identify(&probe->stlink);

	if (!err)
		err = read_version(probe);
	if (err)
		return explain(why, err, "the probe does not tell its version (%s): unplug it and "
			       "plug it in again", error_text(err));
	err = check_version(&probe->version, why);
	if (err)
		return err;
	abilities_of(&probe->abilities, &probe->version);
	err = leave_modes(probe);
	if (err)
		return explain(why, err, "the probe does not leave the mode it is in (%s): unplug "
			       "it and plug it in again", error_text(err));
	return OK;
}

int probe_open(struct probe **out, struct link *link, struct why *why)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int err;

	if (!probe) {
		link_close(link);
		return explain(why, E_MEMORY, "out of memory");
	}
	probe->stlink.link = link;
	probe->opened_us = link_now_us(link);
	err = set_up(probe, why);
	if (err) {
		link_close(link);
		free(probe);
		return err;
	}
	log_line(LOG_PROBE, "%s %s, serial %s", probe->version.model, probe->version.text,
		 link->identity.serial);
	*out = probe;
	return OK;
}

void probe_close(struct probe *probe)
{
	if (!probe)
		return;
	if (probe->stlink.in_debug)
		probe_exit(probe);
	link_close(probe->stlink.link);
	free(probe);
}

struct link *probe_link(struct probe *probe)
{
	return probe->stlink.link;
}

const struct probe_version *probe_version(const struct probe *probe)
{
	return &probe->version;
}

const struct probe_abilities *probe_abilities(const struct probe *probe)
{
	return &probe->abilities;
}

/* The last failure, when it is the one that err tells of. */
static const struct stlink_status *failure_of(const struct probe *probe, int err)
{
	const struct stlink_status *failure = probe->stlink.failure;

	return failure && failure->err == err ? failure : NULL;
}

const char *probe_error_text(const struct probe *probe, int err)
{
	const struct stlink_status *failure = failure_of(probe, err);

	return failure ? failure->cause : error_text(err);
}

const char *probe_error_advice(const struct probe *probe, int err)
{
	const struct stlink_status *failure = failure_of(probe, err);

	return failure ? failure->advice : "";
}

void probe_watch_interrupt(struct probe *probe, const atomic_bool *flag)
{
	probe->interrupt = flag;
}

void probe_critical_begin(struct probe *probe)
{
	probe->critical++;
}

void probe_critical_end(struct probe *probe)
{
	probe->critical--;
}

bool probe_interrupted(const struct probe *probe)
{
	return !probe->critical && probe->interrupt && atomic_load(probe->interrupt);
}

int probe_resync(struct probe *probe, bool *still_in_swd)
{
	int err = stlink_realign(&probe->stlink);

	*still_in_swd = false;
	if (err) {
		err = stlink_reset_device(&probe->stlink);
		probe->speed_khz = 0;	/* lost with the device's RAM */
	}
	if (err)
		return err == E_PROBE_BUSY || err == E_PERMISSION ? err : E_GONE;
	*still_in_swd = probe->stlink.mode == MODE_DEBUG;
	return *still_in_swd ? OK : leave_modes(probe);
}

bool probe_is_gone(const struct probe *probe)
{
	return probe->stlink.gone;
}

void probe_stats(const struct probe *probe, struct probe_stats *out)
{
	*out = (struct probe_stats){
		.us = link_now_us(probe->stlink.link) - probe->opened_us,
		.exchanges = probe->stlink.link->exchanges,
		.bytes_out = probe->stlink.link->bytes_out,
		.bytes_in = probe->stlink.link->bytes_in,
		.waits = probe->waits,
		.faults = probe->faults,
		.retries = probe->retries,
		.resyncs = probe->stlink.resyncs,
	};
}
