/* SPDX-License-Identifier: MIT
 *
 * Tokens: FNV-1a over what they stand for. It guards against accidents, not against people.
 */
#include "flash/token.h"

#include <stdio.h>
#include <string.h>

#include "probe/link.h"
#include "targets/board.h"

#define FNV_START UINT64_C(0xCBF29CE484222325)
#define FNV_PRIME UINT64_C(0x100000001B3)

void token_add(struct token *token, const void *data, size_t length)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < length; i++)
		token->hash = (token->hash ^ byte[i]) * FNV_PRIME;
}

static int add_uid(struct token *token, struct core *core, struct why *why)
{
	static const uint8_t offsets[2][3] = { { 0x00, 0x04, 0x08 }, { 0x00, 0x04, 0x14 } };
	const struct chip *chip = &core->board->chip;

	for (unsigned i = 0; chip->uid_address && i < 3; i++) {
		uint32_t word, address = chip->uid_address + offsets[chip->uid_split][i];
		int err = probe_read_u32(core->board->probe, core->port, address, &word);

		if (err)
			return explain(why, err, "The chip's unique id at 0x%08x can't be read: %s.", address,
				       error_text(err));
		token_add(token, &word, sizeof(word));
	}
	return OK;
}

int token_begin(struct token *token, struct core *core, struct why *why)
{
	const struct board *board = core->board;
	const char *serial = probe_link(board->probe)->identity.serial;

	token->hash = FNV_START;
	token_add(token, board->chip.name, strlen(board->chip.name) + 1);
	token_add(token, serial, strlen(serial) + 1);
	return add_uid(token, core, why);
}

void token_text(const struct token *token, char text[TOKEN_TEXT])
{
	snprintf(text, TOKEN_TEXT, "%08x", (unsigned)(token->hash ^ token->hash >> 32));
}
