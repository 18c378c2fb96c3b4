/* SPDX-License-Identifier: MIT
 *
 * Between the wish for other flash contents and flash_commit().
 */
#include "server/load.h"

#include "server/session/session.h"

#include "flash/plan.h"

#include "targets/unfinished.h"

#include "probe/bytes.h"

#include <string.h>

void load_tell_progress(struct engine *engine, uint32_t done, uint32_t total)
{
	if (engine->progress)
		engine->progress(engine->progress_context, done, total);
	if (engine->load.in_work)
		engine_serve_others(engine, done, total);
}

void load_on_progress(struct engine *engine,
		      void (*progress)(void *context, uint32_t done, uint32_t total), void *context)
{
	engine->progress = progress;
	engine->progress_context = context;
}

static void tell(void *context, uint32_t done, uint32_t total)
{
	load_tell_progress(context, done, total);
}

/* What a hiccup of the probe or of the wire ended is begun again, once: the plan is still there, and
 * what is in flash by now is looked at anew. */
static int commit(struct engine *engine, struct flash_plan *plan, struct flash_report *report,
		  struct why *why)
{
	int err = flash_commit(plan, &engine->flash, report, tell, engine, why);

	if (!err)
		return OK;
	if (!engine_recover(engine, err)) {
		engine_explain_loss(engine, why);
		return err;
	}
	session_note(&engine->sessions[0], "%s. The load is begun again.",
		     why->text[0] ? why->text : error_text(err));
	memset(report, 0, sizeof(*report));
	why->text[0] = '\0';
	return flash_commit(plan, &engine->flash, report, tell, engine, why);
}

/* Should this process be killed, the next one finds out what may be incomplete. */
static void remember_plan(const struct board *board, const struct flash_plan *plan)
{
	uint32_t base = UINT32_MAX, last = 0;
	struct chip_sector sector;

	for (size_t i = 0; i < plan->sector_count; i++) {
		if (!plan->sectors[i] || !chip_sector_number(plan->chip, (unsigned)i, &sector))
			continue;
		base = min_u32(base, sector.base);
		last = max_u32(last, sector.base + (sector.size - 1));
	}
	if (board->unfinished.size) {
		base = min_u32(base, board->unfinished.base);
		last = max_u32(last, board->unfinished.base + (board->unfinished.size - 1));
	}
	if (base <= last)	/* not for data EEPROM alone: it is never erased ahead */
		unfinished_remember(board, base, last - base + 1);
}

int load_commit(struct session *session, unsigned client, struct flash_plan *plan,
		struct flash_report *report, struct why *why)
{
	struct engine *engine = session->engine;
	int err;

	remember_plan(&engine->board, plan);
	engine->load.client = client;
	engine->load.in_work = true;
	err = commit(engine, plan, report, why);
	engine->load.in_work = false;
	unfinished_remember(&engine->board, engine->board.unfinished.base, engine->board.unfinished.size);
	core_take_reset(session->core);
	memory_cache_drop(session->core);
	if (session->core->state == CORE_UNKNOWN)
		return err;
	session_adopt_core(session, "load");
	if (session->run == RUN_HALTED) {	/* an observer may wait for it */
		session_tell_stop(session);
		session->stop_untold = false;
	}
	return err;
}
