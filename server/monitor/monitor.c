/* SPDX-License-Identifier: MIT
 *
 * Splitting a monitor line into words, finding its row, and running it.
 */
#include "server/monitor/monitor.h"

#include "server/session/session.h"

#include "probe/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 128, LINE_MAX_LENGTH = 8192 };

static const struct monitor_command *const tables[] = {
	monitor_general, monitor_control, monitor_catch, monitor_semihosting, monitor_memory, monitor_chip,
	monitor_flash, monitor_flash_files, monitor_option, monitor_otp, monitor_protect, monitor_rehearse,
	monitor_probe, monitor_swo, monitor_rtt, monitor_spellings,
};

const struct monitor_command *monitor_row(size_t i)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct monitor_command *row = tables[t]; row->name; row++)
			if (i-- == 0)
				return row;
	return NULL;
}

void monitor_complete(const char *prefix, void (*found)(void *context, const char *name),
		      void *context)
{
	const struct monitor_command *row;

	for (size_t i = 0; (row = monitor_row(i)); i++)
		if (!(row->rules & MONITOR_SPELLING) &&
		    !strncasecmp(row->name, prefix, strlen(prefix)))
			found(context, row->name);
}

void monitor_print(struct monitor_call *call, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	call->print(call->context, text);
}

unsigned monitor_client(const struct monitor_call *call)
{
	return call->peer ? call->peer->number : NO_CLIENT;
}

bool monitor_is(const struct monitor_call *call, unsigned i, const char *word)
{
	return i < call->argc && !strcasecmp(call->argv[i], word);
}

int monitor_usage(struct monitor_call *call, const char *usage)
{
	return explain(call->why, E_ARGUMENT, "Usage: %s", usage);
}

int monitor_number(struct monitor_call *call, unsigned i, uint32_t *value)
{
	unsigned long long number;
	char *end;

	if (i >= call->argc)
		return explain(call->why, E_ARGUMENT, "A number is missing.");
	errno = 0;
	number = strtoull(call->argv[i], &end, 0);
	if (end != call->argv[i] && (*end == 'k' || *end == 'K') && !end[1])
		number *= 1024, end++;
	else if (end != call->argv[i] && (*end == 'm' || *end == 'M') && !end[1])
		number *= 1024 * 1024, end++;
	if (errno || end == call->argv[i] || *end || number > UINT32_MAX || *call->argv[i] == '-')
		return explain(call->why, E_ARGUMENT, "'%s' is not a number of 32 bits (hexadecimal ones begin with 0x).",
			       call->argv[i]);
	*value = (uint32_t)number;
	return OK;
}

int monitor_switch(struct monitor_call *call, unsigned i, bool *on)
{
	static const struct {
		const char *word;
		bool on;
	} words[] = {
		{ "on", true }, { "off", false }, { "enable", true }, { "disable", false },
		{ "1", true }, { "0", false }, { "yes", true }, { "no", false },
	};

	for (size_t w = 0; w < ARRAY_SIZE(words); w++)
		if (monitor_is(call, i, words[w].word)) {
			*on = words[w].on;
			return OK;
		}
	return explain(call->why, E_ARGUMENT, "'%s' is neither on nor off.",
		       i < call->argc ? call->argv[i] : "");
}

/* At blanks; "a word with blanks" is one (file names). More than WORDS_MAX: there are too many. */
static unsigned split(char *line, char *words[WORDS_MAX])
{
	static const char blanks[] = " \t\r\n";
	unsigned count = 0;

	for (line += strspn(line, blanks); *line && count < WORDS_MAX; line += strspn(line, blanks)) {
		const char *stop = *line == '"' ? "\"" : blanks;

		line += *line == '"';
		words[count++] = line;
		line += strcspn(line, stop);
		if (*line)
			*line++ = '\0';
	}
	return *line ? WORDS_MAX + 1 : count;	/* nothing is left out in silence */
}

/* How many words of the line the name covers; 0 = it is not this one. */
static unsigned match(const char *name, char *words[WORDS_MAX], unsigned count)
{
	unsigned w = 0;

	for (const char *at = name; ; w++) {
		size_t length = strcspn(at, " ");

		if (w >= count || strlen(words[w]) != length || strncasecmp(words[w], at, length))
			return 0;
		if (!at[length])
			return w + 1;
		at += length + 1;
	}
}

static const struct monitor_command *find(char *words[WORDS_MAX], unsigned count, unsigned *used)
{
	const struct monitor_command *row, *best = NULL;

	*used = 0;
	for (size_t i = 0; (row = monitor_row(i)); i++) {
		unsigned covered = match(row->name, words, count);

		if (covered > *used) {
			*used = covered;
			best = row;
		}
	}
	return best;
}

static void add_name(void *context, const char *name)
{
	struct buffer *near = context;

	buffer_add(near, "%s%s", near->length ? ", " : "", name);
}

static int unknown(const char *word, struct why *why)
{
	char data[200];
	struct buffer near;
	char start[3] = { word[0], word[0] ? word[1] : '\0', '\0' };

	buffer_init(&near, data, sizeof(data));
	monitor_complete(word, add_name, &near);
	if (!near.length)
		monitor_complete(start, add_name, &near);
	explain(why, E_ARGUMENT, "Unknown command '%.40s'.", word);
	if (near.length)
		explain_more(why, " Near: %s.", buffer_text(&near));
	explain_more(why, " `help` lists all.");
	return E_ARGUMENT;
}

static bool is_loaded_by_other(const struct monitor_call *call)
{
	const struct load *load = &call->engine->load;

	return load->plan && call->peer && load->client != call->peer->number;
}

static int check_rules(struct monitor_call *call, const struct monitor_command *row)
{
	int err;

	if (row->rules & MONITOR_CONTROL && call->peer &&
	    !session_may_control(call->session, call->peer))
		return explain(call->why, E_REFUSED,
			       "Another client controls this target; '%s' is for that one.", row->name);
	if (row->rules & MONITOR_CHANGES && is_loaded_by_other(call))
		return explain(call->why, E_REFUSED, "Another client is loading; '%s' has to wait.",
			       row->name);
	if (!(row->rules & MONITOR_TARGET))
		return OK;
	err = engine_connect(call->engine, call->why);
	if (!err && row->rules & MONITOR_HALTED && call->session->core->state != CORE_HALTED)
		return explain(call->why, E_NOT_HALTED, "The core runs; `halt` first.");
	return err;
}

/* The command of that name, with the same arguments. */
static int run_instead(struct monitor_call *call, const char *name)
{
	char line[LINE_MAX_LENGTH];
	struct buffer text;

	buffer_init(&text, line, sizeof(line));
	buffer_add(&text, "%s", name);
	for (unsigned i = 0; i < call->argc; i++)
		buffer_add(&text, " \"%s\"", call->argv[i]);
	return monitor_run(call->engine, call->peer, buffer_text(&text), call->print, call->context,
			   call->why);
}

int monitor_run(struct engine *engine, struct peer *peer, const char *line,
		void (*print)(void *context, const char *text), void *context, struct why *why)
{
	char copy[LINE_MAX_LENGTH], *words[WORDS_MAX];
	struct why local = { "" };
	struct monitor_call call = {
		.engine = engine, .peer = peer, .print = print, .context = context,
		.session = peer ? peer->session : &engine->sessions[0], .why = why ? why : &local,
	};
	const struct monitor_command *row;
	unsigned count, used;
	int err;

	call.why->text[0] = '\0';
	if ((size_t)snprintf(copy, sizeof(copy), "%s", line) >= sizeof(copy))
		return explain(call.why, E_ARGUMENT, "The line is too long.");
	count = split(copy, words);
	if (!count)
		return OK;
	if (count > WORDS_MAX)
		return explain(call.why, E_ARGUMENT, "More than %d words.", WORDS_MAX);
	row = find(words, count, &used);
	if (!row)
		return unknown(words[0], call.why);
	call.argv = words + used;
	call.argc = count - used;
	err = check_rules(&call, row);
	if (!err)
		err = row->run ? row->run(&call) : run_instead(&call, row->help);
	if (err && !call.why->text[0])
		explain(call.why, err, "%s: %s.", row->name, error_text(err));
	if (err && engine->board.attached && !engine_recover(engine, err))	/* for the next one */
		engine_explain_loss(engine, call.why);
	return err;
}
