/* SPDX-License-Identifier: MIT
 *
 * Errors that scripts can tell apart by the exit status; all others are EXIT_FAILED.
 */
#include "server/exit_status.h"

#include "probe/bytes.h"
#include "probe/error.h"

static const struct {
	int err;
	enum exit_status status;
} rows[] = {
	{ OK, EXIT_OK },
	{ E_ARGUMENT, EXIT_USAGE },
	{ E_NO_PROBE, EXIT_NO_PROBE },
	{ E_GONE, EXIT_NO_PROBE },
	{ E_MANY_PROBES, EXIT_MANY_PROBES },
	{ E_PERMISSION, EXIT_NO_PERMISSION },
	{ E_NO_TARGET, EXIT_NO_TARGET },
	{ E_POWER, EXIT_NO_TARGET },
	{ E_WIRE, EXIT_NO_TARGET },
	{ E_CHIP, EXIT_NO_TARGET },
};

enum exit_status exit_status_of(int err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].err == err)
			return rows[i].status;
	return EXIT_FAILED;
}

enum exit_status exit_status_of_connect(int err)
{
	enum exit_status status = exit_status_of(err);

	return status == EXIT_FAILED ? EXIT_NO_TARGET : status;
}
