/* SPDX-License-Identifier: MIT
 *
 * What can't be undone takes the same command once more, with a token at its end.
 */
#ifndef SERVER_CONFIRM_H
#define SERVER_CONFIRM_H

#include "server/monitor/monitor.h"

#include "flash/token.h"

/* Takes `confirm TOKEN` from the end of the words; NULL = there is none. */
const char *confirm_take(struct monitor_call *call);
/* OK when the token given is this one; else E_REFUSED with what would have to be said. */
int confirm_check(struct monitor_call *call, const struct token *token, const char *given);


#endif
