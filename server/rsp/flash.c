/* SPDX-License-Identifier: MIT
 *
 * Loading: vFlashErase, vFlashWrite, vFlashDone. Packets only fill a plan; vFlashDone carries it out
 *. GDB shows no reason when one fails and sends no vFlashDone then.
 */
#include "server/load.h"
#include "server/rsp/rsp.h"
#include "server/session/session.h"

#include "flash/plan.h"

static void end_load(struct engine *engine, bool failed)
{
	flash_plan_free(engine->load.plan);
	engine->load.plan = NULL;
	engine->load.failed = failed;
}

static enum answer load_failed(struct request *rq, int err, const struct why *why)
{
	session_note(rq->session, "Load failed: %s", why->text[0] ? why->text : error_text(err));
	end_load(rq->engine, true);
	return rsp_error(rq, err, why);
}

/* The plan of this client's sequence, made when it is the first packet of one. */
static int open_load(struct request *rq, struct why *why)
{
	struct engine *engine = rq->engine;
	int err;

	if (engine->load.failed)
		return explain(why, E_FLASH, "This load failed before; start it again.");
	if (engine->load.plan)
		return OK;
	err = flash_plan_new(&engine->load.plan, rq->session->core);
	if (err)
		return explain(why, err, "no load can be started: %s", error_text(err));
	engine->load.client = rq->peer->number;
	engine->load.bytes = 0;
	return OK;
}

/* A client that broke off a load (Ctrl-C) does not say so: it just begins anew, by erasing what it has
 * written. */
static int erase(struct request *rq, uint32_t address, uint32_t length, struct why *why)
{
	struct load *load = &rq->engine->load;
	int err = open_load(rq, why);

	if (!err)
		err = flash_plan_erase(load->plan, address, length, why);
	if (err || !flash_plan_covered(load->plan, address, length))
		return err;
	end_load(rq->engine, false);
	err = open_load(rq, why);
	return err ? err : flash_plan_erase(load->plan, address, length, why);
}

static enum answer handle_erase(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ','), length = cursor_take_hex(in, CURSOR_END);
	struct why why = { "" };
	int err;

	if (in->bad)
		return rsp_malformed(rq);
	err = erase(rq, address, length, &why);
	return err ? load_failed(rq, err, &why) : rsp_ok(rq);
}

static enum answer handle_write(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ':');
	struct why why = { "" };
	const uint8_t *data;
	size_t length;
	int err;

	data = cursor_take_rest(in, &length);
	if (in->bad)
		return rsp_malformed(rq);
	err = open_load(rq, &why);
	if (!err && length)
		err = flash_plan_write(rq->engine->load.plan, address, data, (uint32_t)length, &why);
	if (err)
		return load_failed(rq, err, &why);
	rq->engine->load.bytes += (uint32_t)length;
	return rsp_ok(rq);
}

static void tell_report(struct request *rq, const struct flash_report *report)
{
	char text[200];

	flash_report_text(report, text, sizeof(text));
	session_note(rq->session, "%s", text);
}

static enum answer handle_done(struct request *rq, struct cursor *in)
{
	struct engine *engine = rq->engine;
	struct flash_report report = { 0 };
	struct why why = { "" };
	int err = open_load(rq, &why);

	(void)in;
	if (err)
		return load_failed(rq, err, &why);
	if (flash_plan_empty(engine->load.plan)) {
		end_load(engine, false);
		return rsp_ok(rq);
	}
	err = load_commit(rq->session, rq->peer->number, engine->load.plan, &report, &why);
	if (err)
		return load_failed(rq, err, &why);
	tell_report(rq, &report);
	end_load(engine, false);
	return rsp_ok(rq);
}

enum { LOAD_RULES = RULE_TARGET | RULE_CONTROL | RULE_CHANGES | RULE_LOAD | RULE_TEXT };

const struct rsp_command rsp_flash_commands[] = {
	{ "vFlashErase:", LOAD_RULES, handle_erase },
	{ "vFlashWrite:", LOAD_RULES, handle_write },
	{ "vFlashDone", LOAD_RULES, handle_done },
	{ NULL, 0, NULL },
};
