/* SPDX-License-Identifier: MIT
 *
 * Flash loader for H7R and H7S: h7.inc with its registers.
 */
	.equ	CR, 0x10
	.equ	SR, 0x14
	.equ	FLAGS, 0x24
	.equ	CR_START, 1 << 5
	.equ	ERRORS, 0x002E0000
	.equ	UNIT, 16		@ bytes that are programmed at once
	.include "h7.inc"
