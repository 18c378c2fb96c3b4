/* SPDX-License-Identifier: MIT
 *
 * How a target was reached, or why not.
 */
#include "server/connect_report.h"

void connect_report_name(int err, struct why *why)
{
	const struct diagnosis *diagnosis = diagnose_error(err);

	if (diagnosis && diagnosis->st[0])
		explain_more(why, "%sST's tools call this %s.", why->text[0] ? "\n" : "", diagnosis->st);
}

void connect_report_diagnosis(struct json *json, int err, const struct climb *climb)
{
	const struct diagnosis *diagnosis = climb && climb->count ? diagnose(&climb->evidence)
								  : diagnose_error(err);
	char seen[CLIMB_TEXT];

	if (!diagnosis) {
		json_text(json, "diagnosis", NULL);
		return;
	}
	json_object(json, "diagnosis");
	json_text(json, "name", diagnosis->name);
	json_text(json, "cause", diagnosis->cause);
	if (climb && climb->count)
		json_text(json, "seen", evidence_text(&climb->evidence, seen, sizeof(seen)));
	json_text(json, "next", diagnosis->next);
	json_text(json, "st", diagnosis->st);
	json_object_end(json);
}

void connect_report_tries(struct json *json, const struct climb *climb)
{
	json_array(json, "tries");
	for (unsigned i = 0; climb && i < climb->count; i++) {
		const struct climb_try *try = &climb->tries[i];

		json_object(json, NULL);
		json_text(json, "rung", try->rung);
		json_bool(json, "ok", !try->err);
		json_text(json, "saw", try->err ? try->saw : NULL);
		json_number(json, "ms", (try->us + 500) / 1000);
		json_object_end(json);
	}
	json_array_end(json);
}
