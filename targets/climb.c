/* SPDX-License-Identifier: MIT
 *
 * The record of a climb, and its words.
 */
#include "targets/climb.h"

#include <stdio.h>
#include <string.h>

void climb_add(struct climb *climb, const char *rung, int err, const char *saw, uint32_t us)
{
	struct climb_try *try = &climb->tries[climb->count];

	if (climb->count == CLIMB_TRIES)
		return;
	*try = (struct climb_try){ .rung = rung, .err = err, .us = us };
	snprintf(try->saw, sizeof(try->saw), "%s", err ? saw : "");
	climb->count++;
}

const char *climb_text(const struct climb *climb, char *text, size_t size)
{
	const char *before = "";
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < climb->count && used < size; i++) {
		const struct climb_try *try = &climb->tries[i];
		const char *saw = try->err ? try->saw : "reached";
		bool same = !strcmp(saw, before);

		used += (size_t)snprintf(text + used, size - used, "%s%s (%u ms%s%s)", i ? ", " : "",
					 try->rung, (try->us + 500) / 1000, same ? "" : ": ",
					 same ? "" : saw);
		before = saw;
	}
	return text;
}

void climb_explain(const struct climb *climb, const struct diagnosis *diagnosis, struct why *why)
{
	char text[CLIMB_TEXT];

	explain_more(why, "%s.\nSeen: %s.\nNext: %s.", diagnosis->cause,
		     evidence_text(&climb->evidence, text, sizeof(text)), diagnosis->next);
	if (diagnosis->st[0])
		explain_more(why, "\nST's tools call this %s.", diagnosis->st);
	if (climb->count < 2)
		return;
	explain_more(why, "\nTried in %u ms: %s.", (climb->us + 500) / 1000,
		     climb_text(climb, text, sizeof(text)));
}
