/* SPDX-License-Identifier: MIT
 *
 * The rows of a chip: the peripherals that it has several of, and the windows between them.
 */
#ifndef PROBE_VIRTUAL_CHIP_ROWS_H
#define PROBE_VIRTUAL_CHIP_ROWS_H

#include "probe/virtual/chips/parts.h"

struct chip_rows {
	const struct usart_place *usarts;
	size_t usart_count;
	const struct gpio_place *gpios;
	size_t gpio_count;
	int (*add_gpio)(struct soc *soc, const struct gpio_place *place);
	const struct tim_place *tims;
	size_t tim_count;
	const struct plain_place *plains;
	size_t plain_count;
};

/* 0 or E_MEMORY. */
int chip_rows_add(struct soc *soc, const struct chip_rows *rows);
/* Factory values, and reserved addresses: call last. E_MEMORY. */
int chip_windows_add(struct soc *soc, const struct chip_window *windows, size_t count,
		     struct why *why);

#endif
