/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the L1: l1.inc with its half page.
 */
	.equ	HALF_PAGE, 128
	.include "l1.inc"
