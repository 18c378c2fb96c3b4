/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the L0: l1.inc with its half page.
 */
	.equ	HALF_PAGE, 64
	.include "l1.inc"
