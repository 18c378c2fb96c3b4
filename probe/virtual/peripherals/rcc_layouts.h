/* SPDX-License-Identifier: MIT
 *
 * The clock controllers of the families, as tables for rcc_add(). One file for each generation.
 */
#ifndef PROBE_VIRTUAL_RCC_LAYOUTS_H
#define PROBE_VIRTUAL_RCC_LAYOUTS_H

#include "probe/virtual/peripherals/rcc.h"

/* rcc_f1.c */
extern const struct rcc_layout rcc_f0_layout, rcc_f1_layout, rcc_f3_layout;
/* rcc_l1.c */
extern const struct rcc_layout rcc_l0_layout, rcc_l1_layout;
/* rcc_l4.c */
extern const struct rcc_layout rcc_l4_layout, rcc_g4_layout, rcc_wb_layout, rcc_wl_layout;
enum { RCC_CAUSES_L4 = 6 };
extern const struct rcc_cause rcc_causes_l4[RCC_CAUSES_L4];	/* the same for all families since */
uint32_t rcc_msi_hz(unsigned range);
/* Of L4, L5, U0, WL: MSIRANGE counts only with MSIRGSEL, else the one of CSR. */
uint32_t rcc_msi_range(const struct rcc *rcc);
/* rcc_g0.c */
extern const struct rcc_layout rcc_g0_layout, rcc_c0_layout, rcc_u0_layout;
/* rcc_u5.c */
extern const struct rcc_layout rcc_u5_layout, rcc_u3_layout, rcc_wba_layout;
/* rcc_h7.c */
extern const struct rcc_layout rcc_h7_layout, rcc_h7a3_layout, rcc_h7rs_layout, rcc_h5_layout;

#endif
