/* SPDX-License-Identifier: MIT
 *
 * Option bytes that travel beside a file of flash contents, in FILE.options: `flash read FILE options` and
 * `flash write FILE options` copy a board with them.
 */
#ifndef SERVER_FLASH_OPTIONS_H
#define SERVER_FLASH_OPTIONS_H

#include "server/monitor/monitor.h"

enum { FLASH_OPTIONS_PATH = 1100 };

/* Of one command. */
struct flash_options_file {
	bool wanted;			/* the word was said */
	const char *given;		/* token, or NULL */
	char path[FLASH_OPTIONS_PATH];
};

/* Takes `options` (and a token behind it) from the end of the words; the first word is the file's name.
 * E_ARGUMENT. */
int flash_options_take(struct monitor_call *call, struct flash_options_file *file);
int flash_options_save(struct monitor_call *call, const struct flash_options_file *file);
/* Before flash is written: looks at what will change, asks for the token where that is needed (E_REFUSED), and
 * sets what decides how the flash lies in banks. */
int flash_options_before(struct monitor_call *call, const struct flash_options_file *file);
/* After it: all the rest, protection among it. */
int flash_options_after(struct monitor_call *call, const struct flash_options_file *file);

#endif
