/* SPDX-License-Identifier: MIT
 *
 * Everything between the command line and a working engine: chip files, probe, engine, as the
 * options name them.
 */
#ifndef SERVER_RIG_H
#define SERVER_RIG_H

#include "server/engine.h"
#include "server/options.h"

/* Opens the virtual probe that "virtual:CHIP[,KEY=VALUE...]" describes. E_ARGUMENT for a key or
 * value that makes no sense, E_CHIP for an unknown chip, and those of virtual_link_open. */
struct virtual_opener {
	int (*open)(struct link **out, const char *selector, const struct chip_library *chips,
		    struct why *why);
};

struct rig {
	struct chip_library *chips;
	struct engine_flags flags;
	struct engine *engine;
};

/* Opens all of it; the target is not touched yet. rig is cleared first, and has to be closed in
 * any case. virtual_opener: NULL where no virtual probe is linked in. out and context: see
 * engine_new. */
int rig_open(struct rig *rig, const struct options *options,
	     const struct virtual_opener *virtual_opener,
	     void (*out)(void *context, const struct output *output), void *context,
	     struct why *why);
void rig_close(struct rig *rig);

/* What --semihosting... says; *port is that of CONSOLE_TCP. E_ARGUMENT with a sentence. */
int rig_semihosting(struct semihosting_options *semihosting, unsigned *port,
		    const struct options *options, struct why *why);

/* True for --probe virtual:... */
bool rig_wants_virtual(const struct options *options);

#endif
