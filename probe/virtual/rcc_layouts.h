/* SPDX-License-Identifier: MIT
 *
 * The clock controllers of the families, as tables for rcc_add(). One file for each generation.
 */
#ifndef PROBE_VIRTUAL_RCC_LAYOUTS_H
#define PROBE_VIRTUAL_RCC_LAYOUTS_H

#include "probe/virtual/rcc.h"

/* rcc_f1.c */
extern const struct rcc_layout rcc_f0_layout, rcc_f1_layout, rcc_f3_layout;
/* rcc_l1.c */
extern const struct rcc_layout rcc_l0_layout, rcc_l1_layout;

#endif
