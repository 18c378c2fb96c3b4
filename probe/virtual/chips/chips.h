/* SPDX-License-Identifier: MIT
 *
 * One builder per chip family, named by its flash controller. RAM and ROM are on the bus already;
 * a builder adds flash, peripherals and aliases. E_CONFIG, E_MEMORY with the reason in why.
 */
#ifndef PROBE_VIRTUAL_CHIPS_H
#define PROBE_VIRTUAL_CHIPS_H

#include "probe/virtual/chips/soc.h"

int chip_f0_build(struct soc *soc, struct why *why);	/* and F3 */
int chip_f1_build(struct soc *soc, struct why *why);
int chip_f4_build(struct soc *soc, struct why *why);	/* F2, F4, F7 */
int chip_g0_build(struct soc *soc, struct why *why);	/* and C0, U0 */
int chip_l0_build(struct soc *soc, struct why *why);
int chip_l1_build(struct soc *soc, struct why *why);
int chip_l4_build(struct soc *soc, struct why *why);	/* and L4+, G4, WB, WL */
int chip_u5_build(struct soc *soc, struct why *why);	/* and L5, U3, WBA */
int chip_h5_build(struct soc *soc, struct why *why);
int chip_h7_build(struct soc *soc, struct why *why);	/* H7, H7A3, H7R/S */

#endif
