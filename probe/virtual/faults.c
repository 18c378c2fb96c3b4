/* SPDX-License-Identifier: MIT
 *
 * A fault schedule: parser and counters.
 */
#include "probe/virtual/faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

static const char *const event_words[FAULT_EVENTS] = {
	[FAULT_AT_COMMAND] = "command", [FAULT_AT_ACCESS] = "access",
	[FAULT_AT_FLASH] = "flash", [FAULT_ALWAYS] = "always",
};

static const struct {
	enum fault_event event;
	const char *word;
	enum fault_kind kind;
	uint64_t unit;			/* its number's, in ns or bytes; 0 = takes none */
	bool needs_number;
} kinds[] = {
	{ FAULT_AT_COMMAND, "timeout", FAULT_TIMEOUT, 0, false },
	{ FAULT_AT_COMMAND, "dropped", FAULT_DROPPED, 0, false },
	{ FAULT_AT_COMMAND, "lost", FAULT_LOST, 0, false },
	{ FAULT_AT_COMMAND, "late", FAULT_LATE, 1000000, true },
	{ FAULT_AT_COMMAND, "short", FAULT_SHORT, 1, true },
	{ FAULT_AT_COMMAND, "cut", FAULT_CUT, 1, true },
	{ FAULT_AT_COMMAND, "babble", FAULT_BABBLE, 0, false },
	{ FAULT_AT_COMMAND, "stall", FAULT_STALL, 0, false },
	{ FAULT_AT_COMMAND, "wedged", FAULT_WEDGED, 0, false },
	{ FAULT_AT_COMMAND, "hung", FAULT_HUNG, 0, false },
	{ FAULT_AT_COMMAND, "gone", FAULT_GONE, 1000000, false },
	{ FAULT_AT_COMMAND, "power-off", FAULT_POWER_OFF, 0, false },
	{ FAULT_AT_COMMAND, "power-on", FAULT_POWER_ON, 0, false },
	{ FAULT_AT_ACCESS, "wait", FAULT_WAIT, 1000, false },
	{ FAULT_AT_ACCESS, "fault", FAULT_BUS_ERROR, 0, false },
	{ FAULT_AT_FLASH, "stuck", FAULT_STUCK, 0, false },
	{ FAULT_ALWAYS, "nrst-unwired", FAULT_NRST_UNWIRED, 0, false },
	{ FAULT_ALWAYS, "swd-unwired", FAULT_SWD_UNWIRED, 0, false },
	{ FAULT_ALWAYS, "long-wires", FAULT_LONG_WIRES, 1, true },
	{ FAULT_ALWAYS, "vtref-unwired", FAULT_VTREF_UNWIRED, 0, false },
	{ FAULT_ALWAYS, "junk", FAULT_JUNK, 0, false },
	{ FAULT_ALWAYS, "no-power", FAULT_NO_POWER, 0, false },
	{ FAULT_ALWAYS, "held-in-reset", FAULT_HELD_IN_RESET, 0, false },
	{ FAULT_ALWAYS, "no-debug-power", FAULT_NO_DEBUG_POWER, 0, false },
	{ FAULT_ALWAYS, "reset-cuts-swd", FAULT_RESET_CUTS_SWD, 0, false },
	{ FAULT_ALWAYS, "halt-lost", FAULT_HALT_LOST, 0, false },
	{ FAULT_ALWAYS, "no-size", FAULT_NO_SIZE, 0, false },
	{ FAULT_ALWAYS, "clone", FAULT_CLONE, 0, false },
	{ FAULT_ALWAYS, "unknown-chip", FAULT_UNKNOWN_CHIP, 0, false },
	{ FAULT_ALWAYS, "pins-taken", FAULT_PINS_TAKEN, 1000000, true },
	{ FAULT_ALWAYS, "sleeping", FAULT_SLEEPING, 0, false },
	{ FAULT_ALWAYS, "asleep", FAULT_ASLEEP, 0, false },
	{ FAULT_ALWAYS, "lock-up", FAULT_LOCK_UP, 0, false },
	{ FAULT_ALWAYS, "half-copied", FAULT_HALF_COPIED, 0, false },
	{ FAULT_ALWAYS, "reset-loop", FAULT_RESET_LOOP, 1000000, true },
	{ FAULT_ALWAYS, "watchdog", FAULT_WATCHDOG, 1000000, true },
	{ FAULT_ALWAYS, "slow-clock", FAULT_SLOW_CLOCK, 0, false },
};

/* The next word of a line, or "" at its end. */
static const char *take_word(char **line)
{
	char *word = strtok_r(NULL, " \t\r", line);

	return word ? word : "";
}

static bool parse_number(const char *word, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(word, &end, 10);
	return *word >= '0' && *word <= '9' && !*end && !errno && *out <= UINT32_MAX;
}

static bool parse_event(const char *word, enum fault_event *out)
{
	for (unsigned i = 0; i < FAULT_EVENTS; i++)
		if (!strcmp(word, event_words[i])) {
			*out = (enum fault_event)i;
			return true;
		}
	return false;
}

static bool parse_kind(struct fault_rule *rule, char **rest)
{
	const char *word = take_word(rest), *number = take_word(rest);
	uint64_t value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].event != rule->event || strcmp(kinds[i].word, word))
			continue;
		rule->kind = kinds[i].kind;
		if (!*number)
			return !kinds[i].needs_number;
		rule->amount = parse_number(number, &value) ? value * kinds[i].unit : 0;
		return rule->amount && !*take_word(rest);
	}
	return false;
}

static bool parse_rule(struct fault_rule *rule, const char *first, char **rest)
{
	*rule = (struct fault_rule){ 0 };
	if (!parse_event(first, &rule->event))
		return false;
	if (rule->event != FAULT_ALWAYS && (!parse_number(take_word(rest), &rule->at) || !rule->at))
		return false;
	return parse_kind(rule, rest);
}

static int parse_line(struct faults *faults, char *line, unsigned number, struct why *why)
{
	struct fault_rule rule;
	char *rest;
	const char *first;

	line[strcspn(line, "#")] = 0;
	first = strtok_r(line, " \t\r", &rest);
	if (!first)
		return 0;
	if (!parse_rule(&rule, first, &rest))
		return explain(why, E_CONFIG, "fault schedule, line %u: no such rule "
			       "(known: command N timeout, access N wait, always nrst-unwired ...)",
			       number);
	if (faults->count == FAULT_RULES_MAX)
		return explain(why, E_CONFIG, "fault schedule, line %u: more than %d rules",
			       number, FAULT_RULES_MAX);
	faults->rules[faults->count++] = rule;
	return 0;
}

static int complain_mishap(const char *word, struct why *why)
{
	explain(why, E_CONFIG, "there is no mishap '%s'; there are", word);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].event == FAULT_ALWAYS)
			explain_more(why, " %s%s", kinds[i].word, !kinds[i].needs_number ? "" :
				     kinds[i].unit == 1 ? ":KHZ" : ":MS");
	return E_CONFIG;
}

int faults_add_mishaps(struct faults *faults, const char *names, struct why *why)
{
	char *copy = strdup(names), *next = copy, *word;
	int err = copy ? 0 : E_MEMORY;

	while (!err && (word = strsep(&next, "+"))) {
		struct fault_rule rule = { .event = FAULT_ALWAYS };
		char *colon = strchr(word, ':'), *rest = word;

		if (colon)
			*colon = ' ';
		if (!parse_kind(&rule, &rest) || faults->count == FAULT_RULES_MAX)
			err = complain_mishap(word, why);
		else
			faults->rules[faults->count++] = rule;
	}
	free(copy);
	return err;
}

int faults_parse(struct faults *faults, const char *text, struct why *why)
{
	char *copy = strdup(text), *next = copy, *line;
	int err = copy ? 0 : E_MEMORY;

	*faults = (struct faults){ 0 };
	for (unsigned number = 1; !err && (line = strsep(&next, "\n")); number++)
		err = parse_line(faults, line, number, why);
	if (err)
		faults->count = 0;
	free(copy);
	return err;
}

int faults_load(struct faults *faults, const char *path, struct why *why)
{
	char text[8192];
	FILE *file = fopen(path, "re");
	size_t length;

	if (!file)
		return explain(why, E_SYSTEM, "fault schedule %s: %s", path, strerror(errno));
	length = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (length == sizeof(text))
		return explain(why, E_CONFIG, "fault schedule %s: longer than %zu bytes", path,
			       sizeof(text));
	text[length] = 0;
	return faults_parse(faults, text, why);
}

void faults_count(struct faults *faults, enum fault_event event,
		  void (*act)(void *context, const struct fault_rule *rule), void *context)
{
	uint64_t now = ++faults->seen[event];

	for (size_t i = 0; i < faults->count; i++)
		if (faults->rules[i].event == event && faults->rules[i].at == now)
			act(context, &faults->rules[i]);
}

const struct fault_rule *faults_find(const struct faults *faults, enum fault_kind kind)
{
	for (size_t i = 0; i < faults->count; i++)
		if (faults->rules[i].kind == kind)
			return &faults->rules[i];
	return NULL;
}

bool faults_has(const struct faults *faults, enum fault_kind kind)
{
	return faults_find(faults, kind);
}
