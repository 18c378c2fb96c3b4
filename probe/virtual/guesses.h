/* SPDX-License-Identifier: MIT
 *
 * Behaviour of real probes and chips that nobody has recorded: what we assume, as one table. A tool that
 * only works with one answer relies on a guess; guess=NAME+NAME turns those to the other answer.
 */
#ifndef PROBE_VIRTUAL_GUESSES_H
#define PROBE_VIRTUAL_GUESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/virtual/spec.h"

enum guess {
	GUESS_DFU, GUESS_MODE, GUESS_UNALIGNED, GUESS_LONG_BYTES, GUESS_PWR_VERSION, GUESS_UNKNOWN,
	GUESS_ALL_REGISTERS, GUESS_FPSCR, GUESS_HEARSAY,
	GUESSES,
};

struct guess_row {
	const char *name;
	const char *usual, *otherwise;	/* what is done */
};

/* NULL after the last. */
const struct guess_row *guess_at(unsigned index);
/* Turns the guess of that name to its other answer. E_ARGUMENT: there is none. */
int guess_turn(struct virtual_spec *spec, const char *name);
/* True for the other answer. */
bool guess_is_turned(const struct virtual_spec *spec, enum guess guess);

#endif
