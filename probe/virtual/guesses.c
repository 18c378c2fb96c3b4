/* SPDX-License-Identifier: MIT
 *
 * The guesses, as one table.
 */
#include "probe/virtual/guesses.h"

#include <string.h>

static const struct guess_row guesses[GUESSES] = {
	[GUESS_DFU] = { "dfu", "in DFU mode debug commands answer 08", "in DFU mode ENTER works" },
	[GUESS_MODE] = { "mode", "outside of debug mode commands answer 08", "they answer 01" },
	[GUESS_UNALIGNED] = { "unaligned", "unaligned words are not moved, status 0A",
			      "they are moved all the same, status 0A" },
	[GUESS_LONG_BYTES] = { "long-bytes", "8-bit reads over the limit bring no data",
			       "they bring stale data, status 08" },
	[GUESS_PWR_VERSION] = { "pwr-version", "V3PWR calls itself 4 in F1", "it calls itself 3" },
	[GUESS_UNKNOWN] = { "unknown", "unknown debug commands answer 42", "they answer nothing" },
	[GUESS_ALL_REGISTERS] = { "all-registers", "READALLREGS names its access port",
				  "it is always port 0's core" },
	[GUESS_FPSCR] = { "fpscr", "READFPUREGS ends with FPSCR", "it ends with S31" },
	[GUESS_HEARSAY] = { "hearsay", "F4: OTP is locked by a byte only; H7: virgin OTP faults when read",
			    "a word locks it; it reads as ones" },
};

const struct guess_row *guess_at(unsigned index)
{
	return index < GUESSES ? &guesses[index] : NULL;
}

int guess_turn(struct virtual_spec *spec, const char *name)
{
	for (unsigned i = 0; i < GUESSES; i++)
		if (!strcmp(guesses[i].name, name)) {
			spec->turned_guesses |= 1u << i;
			spec->no_hearsay |= i == GUESS_HEARSAY;
			return 0;
		}
	return E_ARGUMENT;
}

bool guess_is_turned(const struct virtual_spec *spec, enum guess guess)
{
	return spec->turned_guesses >> guess & 1;
}
