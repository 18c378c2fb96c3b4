/* SPDX-License-Identifier: MIT
 *
 * The token at the end of a command.
 */
#include "server/monitor/confirm.h"

#include <strings.h>

const char *confirm_take(struct monitor_call *call)
{
	if (call->argc < 2 || !monitor_is(call, call->argc - 2, "confirm"))
		return NULL;
	call->argc -= 2;
	return call->argv[call->argc + 1];
}

int confirm_check(struct monitor_call *call, const struct token *token, const char *given)
{
	char text[TOKEN_TEXT];

	token_text(token, text);
	if (given && !strcasecmp(given, text))
		return OK;
	if (probe_link(call->engine->board.probe)->twin) {	/* nothing there is for ever */
		monitor_print(call, "(A token is asked for here, of the chip itself.)\n");
		return OK;
	}
	if (given)
		return explain(call->why, E_REFUSED, "Nothing was done: '%.16s' is for another chip or another plan, or "
			       "what is in the chip has changed. For this one: `confirm %s`.", given, text);
	return explain(call->why, E_REFUSED, "Nothing was done. The same command with `confirm %s` at its end does "
		       "it.", text);
}
