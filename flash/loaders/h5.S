/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the H5: h7.inc with its registers.
 */
	.equ	CR, 0x28
	.equ	SR, 0x20
	.equ	FLAGS, SR
	.equ	CR_START, 1 << 5
	.equ	ERRORS, 0x001E0000
	.equ	UNIT, 16		@ bytes that are programmed at once
	.include "h7.inc"
