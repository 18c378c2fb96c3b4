/* SPDX-License-Identifier: MIT
 *
 * `tether serve`: probe, port, ready lines, and then clients until the end.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/exit_status.h"
#include "server/options.h"
#include "server/rig.h"

/* What is said at the turns of a server's life; programs wait for some of it. NULL = nothing. */
struct serve_words {
	void (*begin)(const struct options *options);		/* before anything is opened */
	void (*ready)(const struct options *options, unsigned port);	/* clients may come */
	void (*joined)(const struct options *options);		/* a debugger's first packet */
	void (*left)(const struct options *options);		/* its session is over */
	void (*end)(const struct options *options);
	/* Says why the start failed; returns the exit status for it. */
	enum exit_status (*fail)(const struct options *options, enum exit_status status,
				 const char *sentence);
};

extern const struct serve_words serve_own_words;

/* Serves until a signal or, with --once and --stdio, the end of the session. What went wrong is on
 * stderr by then. */
enum exit_status serve(const struct options *options, const struct serve_words *words,
		       const struct virtual_opener *virtual_opener);

#endif
