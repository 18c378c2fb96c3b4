/* SPDX-License-Identifier: MIT
 *
 * How a target was reached, or why not, for people and for programs.
 */
#ifndef SERVER_CONNECT_REPORT_H
#define SERVER_CONNECT_REPORT_H

#include "server/json.h"

#include "targets/climb.h"

/* Adds to the sentence of an error what ST's tools call it, where they have a name. */
void connect_report_name(int err, struct why *why);

/* The object "diagnosis" of that error, climb or both (NULL = nothing was climbed); null when nothing is odd. */
void connect_report_diagnosis(struct json *json, int err, const struct climb *climb);
/* The array "tries" of a climb. */
void connect_report_tries(struct json *json, const struct climb *climb);

#endif
