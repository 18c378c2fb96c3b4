/* SPDX-License-Identifier: MIT
 *
 * The inside of struct probe, for the files that make up the probe. Private to probe/.
 */
#ifndef PROBE_PRIVATE_H
#define PROBE_PRIVATE_H

#include "probe/probe.h"
#include "probe/stlink.h"

enum { SPEEDS_MAX = 10, MEM32_PIECE_MAX = 6144 };

struct probe {
	struct stlink stlink;
	struct probe_version version;
	struct probe_abilities abilities;
	uint32_t speeds_khz[SPEEDS_MAX];	/* V3: what it offers; 0 = not asked yet */
	uint32_t speed_khz;			/* 0 = not set yet */
	bool batch_ap_used;			/* some batch named an AP other than 0 */
	const atomic_bool *interrupt;
	unsigned critical;
	uint32_t trace_baud;			/* 0 = trace is not received */
	uint64_t waits, faults, retries;
	uint64_t opened_us;			/* on the link's clock */
	/* Replies land here first: pieces are widened to whole words. */
	uint8_t piece[MEM32_PIECE_MAX];
};

/* E_FIRMWARE when the port needs what the firmware can't do. */
int probe_check_port(const struct probe *probe, struct probe_port port);
/* Counts, and clears the sticky error bits after a bus fault; returns err. */
int probe_note_error(struct probe *probe, int err);
/* Deadline of a command that takes this many SWD transfers at the present speed. */
uint32_t probe_deadline_ms(const struct probe *probe, uint32_t transfers);
/* Before something that met WAIT is done once more: pauses, longer for each try. Returns err when it
 * was tried often enough, or E_INTERRUPTED. */
int probe_pause(struct probe *probe, unsigned tries, int err);
/* Around what reception has to stop for. */
void probe_trace_pause(struct probe *probe);
void probe_trace_go_on(struct probe *probe);
/* Commands 36 and 35: default CSW, status included, nothing repeated. */
int probe_register_read(struct probe *probe, uint8_t ap, uint32_t address, uint32_t *value);
int probe_register_write(struct probe *probe, uint8_t ap, uint32_t address, uint32_t value);

#endif
