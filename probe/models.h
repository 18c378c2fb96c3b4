/* SPDX-License-Identifier: MIT
 *
 * The ST-LINK models by USB product id: names, endpoints, and which can be used.
 */
#ifndef PROBE_MODELS_H
#define PROBE_MODELS_H

#include <stdbool.h>
#include <stdint.h>

enum { USB_VENDOR_ST = 0x0483 };

struct model {
	uint16_t product;
	const char *name;
	uint8_t out, in, trace;	/* endpoints; 0 = not usable */
	bool splits_names;	/* V2-1: some firmware numbers mean M and S (SWIM-only boards) */
	const char *advice;	/* what to do when it can't be used, or NULL */
};

/* The row of a product id; NULL when it is no ST-LINK. */
const struct model *model_find(uint16_t product);

#endif
