/* SPDX-License-Identifier: MIT
 *
 * What the engine lets other threads know while it works.
 */
#include "server/engine.h"

#include "probe/log.h"

void engine_flags_tell_uncut(const struct engine_flags *flags)
{
	const char *what = atomic_load(&flags->uncut);

	if (what)
		log_line(LOG_WARN, "Waiting until the %s are written: cut short, they could leave the chip locked. Another "
			 "signal ends at once.", what);
}
