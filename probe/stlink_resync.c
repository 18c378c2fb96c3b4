/* SPDX-License-Identifier: MIT
 *
 * The recovery ladder: how a probe gets in step again after a cut-off exchange. From what harms
 * least to what harms most; after each step the version must read as it did before.
 */
#include "probe/stlink.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/models.h"

#include <string.h>

enum { IDENTIFY_MS = 1000, REOPEN_TRIES = 10, REOPEN_US = 200000 };

/* A question past the rule that nothing is run out of step. */
static int ask(struct stlink *stlink, uint8_t command, uint8_t *reply, size_t length)
{
	struct link_exchange x = stlink_command(command, 0);
	int err;

	x.in = reply;
	x.in_length = length;
	x.timeout_ms = IDENTIFY_MS;
	err = link_do(stlink->link, &x);
	if (!err && x.in_got != length)
		err = E_PROTOCOL;
	return err;
}

/* Before the version is known: the reply holds ST's USB id, which a stray reply hardly does. */
static bool is_version(const struct stlink *stlink, const uint8_t reply[6])
{
	if (stlink->version[0])
		return !memcmp(reply, stlink->version, sizeof(stlink->version));
	return reply[0] >> 4 && get_u16(reply + 2) == USB_VENDOR_ST;
}

/* The right version may be the late answer to an earlier question; then the answer to the second
 * question has the wrong length. */
static int compare(struct stlink *stlink)
{
	uint8_t version[6], mode[2];
	int err = ask(stlink, ST_GET_VERSION, version, sizeof(version));

	if (!err && !is_version(stlink, version))
		err = E_PROTOCOL;
	if (!err)
		err = ask(stlink, ST_GET_MODE, mode, sizeof(mode));
	if (!err && mode[0] > MODE_BOOTLOADER)
		err = E_PROTOCOL;
	if (err)
		return err;
	memcpy(stlink->version, version, sizeof(version));
	stlink->mode = (enum stlink_mode)mode[0];
	stlink->out_of_step = false;
	return OK;
}

static int recover_and_compare(struct stlink *stlink, enum link_recovery step)
{
	int err = link_recover(stlink->link, step);

	return err ? err : compare(stlink);
}

/* A halted endpoint can't be drained before it is cleared. */
static int clear_and_compare(struct stlink *stlink)
{
	int err = link_recover(stlink->link, LINK_CLEAR_HALT);

	return err ? err : recover_and_compare(stlink, LINK_DRAIN);
}

int stlink_realign(struct stlink *stlink)
{
	int err;

	stlink->out_of_step = true;
	stlink->resyncs++;
	/* What comes late may come during the first try. */
	err = recover_and_compare(stlink, LINK_DRAIN);
	if (err && err != E_GONE)
		err = recover_and_compare(stlink, LINK_DRAIN);
	if (err && err != E_GONE)
		err = clear_and_compare(stlink);
	stlink->gone = err == E_GONE;
	log_line(LOG_PROBE, "resync: %s", err ? error_text(err) : "in step");
	return err;
}

int stlink_reset_device(struct stlink *stlink)
{
	int err;

	stlink->out_of_step = true;
	err = recover_and_compare(stlink, LINK_RESET);
	stlink->gone = err == E_GONE || err == E_PROBE_BUSY || err == E_PERMISSION;
	log_line(LOG_PROBE, "device reset: %s", err ? error_text(err) : "in step");
	return err;
}

int stlink_identify(struct stlink *stlink)
{
	int err = compare(stlink);

	if (err && err != E_GONE)
		err = stlink_realign(stlink);
	if (!err || err == E_GONE)
		return err;
	err = stlink_reset_device(stlink);
	for (int tries = 0; err == E_GONE && tries < REOPEN_TRIES; tries++) {
		link_wait_us(stlink->link, REOPEN_US);	/* it enumerates anew */
		err = stlink_reset_device(stlink);
	}
	return err;
}
