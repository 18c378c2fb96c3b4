/* SPDX-License-Identifier: MIT
 *
 * The word that a person has to give for what can't be undone: a hash of this chip, this probe, what is
 * there now and what is planned. Nothing is stored: another process makes the same one, and a chip that
 * has changed makes another.
 */
#ifndef FLASH_TOKEN_H
#define FLASH_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "targets/core.h"

enum { TOKEN_TEXT = 9 };

struct token {
	uint64_t hash;
};

/* Takes in the chip's unique id and the probe's serial number. Errors of the probe. */
int token_begin(struct token *token, struct core *core, struct why *why);
void token_add(struct token *token, const void *data, size_t length);
/* Eight hex digits. */
void token_text(const struct token *token, char text[TOKEN_TEXT]);

#endif
