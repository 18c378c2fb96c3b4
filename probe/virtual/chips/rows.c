/* SPDX-License-Identifier: MIT
 *
 * The rows of a chip.
 */
#include "probe/virtual/chips/rows.h"

int chip_rows_add(struct soc *soc, const struct chip_rows *rows)
{
	int err = OK;

	for (size_t i = 0; !err && i < rows->usart_count; i++)
		err = usart_add(soc, &rows->usarts[i]);
	for (size_t i = 0; !err && i < rows->gpio_count; i++)
		err = rows->add_gpio(soc, &rows->gpios[i]);
	for (size_t i = 0; !err && i < rows->tim_count; i++)
		err = tim_add(soc, &rows->tims[i]);
	for (size_t i = 0; !err && i < rows->plain_count; i++)
		err = plain_add(soc, &rows->plains[i]);
	return err;
}

int chip_windows_add(struct soc *soc, const struct chip_window *windows, size_t count,
		     struct why *why)
{
	if (identity_add(soc) != OK)
		return explain(why, E_MEMORY, "out of memory");
	for (size_t i = 0; i < count; i++)
		soc_fill_reserved(soc, windows[i].base, windows[i].size);
	return OK;
}
