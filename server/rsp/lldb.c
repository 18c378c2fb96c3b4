/* SPDX-License-Identifier: MIT
 *
 * Packets that only LLDB sends: what memory is where, and how it wants to be told.
 * https://lldb.llvm.org/resources/lldbgdbremote.html
 *
 * qHostInfo and qProcessInfo stay unanswered: LLDB 14 drops the program it was given when their triple
 * differs from the ELF's in any word, and learns nothing from them otherwise. jThreadsInfo too: the stop reply
 * has all that it would tell, and LLDB asks two things at a breakpoint, the stack and to take it out.
 */
#include "server/memory_map.h"
#include "server/rsp/rsp.h"

#include <string.h>

static enum answer handle_memory_region(struct request *rq, struct cursor *in)
{
	static const char *const access[] = {
		[MEMORY_RAM] = "rw", [MEMORY_ROM] = "r", [MEMORY_FLASH] = "r", [MEMORY_ONCE] = "r",
	};
	const struct memory_range *range;
	struct memory_map map;
	uint32_t address;

	cursor_take(in, ':');
	address = cursor_take_hex(in, CURSOR_END);
	if (in->bad)
		return rsp_malformed(rq);
	memory_map_make(&map, &rq->engine->board.chip);
	range = memory_map_at(&map, address);
	buffer_add(rq->reply, "start:%llx;size:%llx;permissions:%s%s;", (unsigned long long)range->start,
		   (unsigned long long)(range->end - range->start), access[range->kind],
		   range->executable ? "x" : "");
	if (range->name) {
		buffer_add(rq->reply, "name:");
		buffer_add_hex(rq->reply, range->name, strlen(range->name));
		buffer_add(rq->reply, ";");
	}
	return ANSWER_NOW;
}

static enum answer handle_watchpoint_support(struct request *rq, struct cursor *in)
{
	(void)in;
	buffer_add(rq->reply, "num:%u;", rq->session->core->data_units);
	return ANSWER_NOW;
}

static enum answer handle_error_strings(struct request *rq, struct cursor *in)
{
	(void)in;
	rq->peer->error_strings = true;
	return rsp_ok(rq);
}

static enum answer handle_threads_in_stop(struct request *rq, struct cursor *in)
{
	(void)in;
	rq->peer->threads_in_stop = true;
	return rsp_ok(rq);
}

enum { QUIET = RULE_READ | RULE_MEANWHILE };

const struct rsp_command rsp_lldb_commands[] = {
	{ "qMemoryRegionInfo", QUIET | RULE_TARGET, handle_memory_region },
	{ "qWatchpointSupportInfo", QUIET | RULE_TARGET, handle_watchpoint_support },
	{ "QEnableErrorStrings", QUIET, handle_error_strings },
	{ "QListThreadsInStopReply", QUIET, handle_threads_in_stop },
	{ NULL, 0, NULL },
};
