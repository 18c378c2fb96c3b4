/* SPDX-License-Identifier: MIT
 *
 * SWO for people: turns it on at a core clock that is told or measured, fetches what the probe received,
 * passes it on raw, and as text what firmware wrote to stimulus port 0. Engine thread only.
 */
#ifndef SERVER_SWO_H
#define SERVER_SWO_H

#include "server/trace/itm.h"

#include "targets/swo.h"

struct engine;
struct session;

enum { SWO_DEFAULT_HZ = 2000000, SWO_TEXT = 512 };

struct swo_settings {
	uint32_t speed_hz;	/* at most; 0 = SWO_DEFAULT_HZ */
	uint32_t clock_hz;	/* of the core; 0 = measured while it runs */
	uint32_t ports;		/* mask of stimulus ports; 0 = those that the firmware turns on */
};

struct swo {
	bool on;
	unsigned readers;		/* of raw bytes */
	bool for_readers;		/* it is on because of them */
	bool console;			/* text of port 0 goes to GDB's console */
	struct swo_settings settings;
	uint32_t clock_hz, baud;	/* in force */
	bool is_measured;		/* clock_hz is no assumption */
	struct swo_look look;		/* the first of two; at_us 0 = not taken */
	unsigned polls, next_look;	/* since the core was started */
	struct itm decoder;
	uint64_t bytes, losses, overflows;
	char text[SWO_TEXT];		/* of port 0, on its way */
	size_t text_length;
};

/* Turns it on, also anew with other settings; the target has to be attached. The reason is in why. */
int swo_turn_on(struct engine *engine, const struct swo_settings *settings, struct why *why);
int swo_turn_off(struct engine *engine);
/* How many read raw bytes: with the first it is turned on, with the last off again. */
void swo_set_readers(struct engine *engine, unsigned count);
/* The target was reached (again): what was on, or is wanted by readers, is set up. */
void swo_reached(struct engine *engine);
/* The core was started; the chip was reset, and its clock is another one for a while. */
void swo_runs_again(struct engine *engine);
void swo_was_reset(struct engine *engine);
/* Fetches what there is, now: before a stop is told. */
void swo_flush(struct engine *engine);

/* The rows of jobs.c. */
bool swo_wants_poll(const struct session *session);
uint32_t swo_period_us(const struct session *session);
void swo_poll(struct session *session);

#endif
