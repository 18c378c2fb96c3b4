/* SPDX-License-Identifier: MIT
 *
 * Work that is due by time: looking for the halt, going on with a range step, watching for resets.
 * The engine's loop is: next event, or next due job.
 */
#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include "server/engine_state.h"

/* Decides anew which jobs are wanted; after each event. */
void jobs_refresh(struct engine *engine);
/* Runs the jobs that are due now. */
void jobs_run(struct engine *engine);
/* When the next one is due; UINT64_MAX = none. */
uint64_t jobs_next_due_us(const struct engine *engine);
/* How many bytes a memory transfer may take so that no job is late; UINT32_MAX = any. */
uint32_t jobs_transfer_max(const struct engine *engine);

#endif
