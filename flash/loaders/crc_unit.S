/* SPDX-License-Identifier: MIT
 *
 * CRC-32 (polynomial 04C11DB7, most significant bit first) over a list of ranges by the chip's CRC unit
 * as it is after a reset (RM0090 4): whole words, start value all ones. Armv6-M instructions only.
 * Needs no stack; ends in BKPT 0.
 *
 * In:	r0 = list of { address, length, crc }; crc comes out; address and length are multiples of 4
 *	r1 = end of the list
 *	r2 = registers of the CRC unit, its clock on
 *	r3 = IWDG_KR, or any word that may be written
 *	r4 = WWDG_CR, or any word that may be written
 *
 * The unit takes the highest byte of a word first; the first byte in memory is the lowest one of a
 * loaded word: so words are turned round.
 */
	.syntax unified
	.cpu cortex-m0
	.thumb
	.text

	.equ	DR, 0
	.equ	CR, 8
	.equ	CHUNK_BITS, 10		@ so many bytes between two reloads of the watchdogs, at most

	.global start
start:
	mov	r8, r0
	mov	r9, r1
	mov	r10, r3
	mov	r11, r4

	@ r4 = position, r3 = end of the range, r5 = end of the chunk.
next_item:
	mov	r4, r8
	cmp	r4, r9
	bhs	finished
	movs	r5, #1
	str	r5, [r2, #CR]
	ldr	r3, [r4, #4]
	ldr	r4, [r4]
	adds	r3, r4
next_chunk:
	mov	r6, r10
	ldr	r5, =0xAAAA
	str	r5, [r6]
	mov	r6, r11
	movs	r5, #0x7F
	str	r5, [r6]
	subs	r5, r3, r4
	beq	item_done
	movs	r6, #1
	lsls	r6, r6, #CHUNK_BITS
	cmp	r5, r6
	bls	1f
	mov	r5, r6
1:	lsrs	r6, r5, #4		@ whole turns of the loop over four words
	beq	words
	lsls	r5, r6, #4
	adds	r5, r4
2:	ldmia	r4!, {r0, r1, r6, r7}
	rev	r0, r0
	str	r0, [r2, #DR]
	rev	r1, r1
	str	r1, [r2, #DR]
	rev	r6, r6
	str	r6, [r2, #DR]
	rev	r7, r7
	str	r7, [r2, #DR]
	cmp	r4, r5
	bne	2b
	b	next_chunk

words:
	adds	r5, r4
3:	ldmia	r4!, {r0}
	rev	r0, r0
	str	r0, [r2, #DR]
	cmp	r4, r5
	bne	3b
	b	next_chunk

item_done:
	ldr	r5, [r2, #DR]
	mov	r4, r8
	str	r5, [r4, #8]
	adds	r4, #12
	mov	r8, r4
	b	next_item

finished:
	bkpt	#0
	b	.
	.pool
