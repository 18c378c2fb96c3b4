/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the controllers of L4 and L4+: l4.inc with their registers.
 */
	.equ	SR, 0x10
	.equ	CR, 0x14
	.equ	LAST_BUSY, 16
	.equ	UNIT, 8		@ bytes that are programmed at once
	.include "l4.inc"
