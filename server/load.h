/* SPDX-License-Identifier: MIT
 *
 * Carrying out a plan, whoever made it: GDB's packets or a monitor command. Meanwhile others are served
 * and progress is told.
 */
#ifndef SERVER_LOAD_H
#define SERVER_LOAD_H

#include "flash/flash.h"

struct engine;
struct session;

/* Commits the plan on behalf of a client (NO_CLIENT: none). Afterwards the core is halted and what was known
 * of it and its memory is known anew. Errors of flash_commit(). */
int load_commit(struct session *session, unsigned client, struct flash_plan *plan,
		struct flash_report *report, struct why *why);
/* progress is called while flash is written, read or verified: bytes done of all. NULL = never. */
void load_on_progress(struct engine *engine,
		      void (*progress)(void *context, uint32_t done, uint32_t total), void *context);
/* Tells who waits how far a long operation on flash is; serves others if that is allowed now. */
void load_tell_progress(struct engine *engine, uint32_t done, uint32_t total);

#endif
