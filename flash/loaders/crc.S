/* SPDX-License-Identifier: MIT
 *
 * CRC-32 (polynomial 04C11DB7, most significant bit first) over a list of ranges, run by the target.
 * Armv6-M instructions only, so that it serves every core. Needs no stack; ends in BKPT 0.
 *
 * In:	r0 = list of { address, length, crc }; crc goes in and comes out
 *	r1 = end of the list
 *	r2 = room for the tables: 4096 bytes, or 1024 when r4 is 0
 *	r3 = IWDG_KR, or any word that may be written
 *	r4 = 1: words at once (slicing by 4); 0: byte by byte
 *
 * The state is kept with its bytes reversed, so that the first byte in memory is the lowest one of
 * a loaded word: state' = state >> 8 ^ table[(state ^ byte) & 255], table entries reversed alike.
 */
	.syntax unified
	.cpu cortex-m0
	.thumb
	.text

	.equ	CHUNK, 256		@ at most so many bytes between two reloads of the watchdog

	.global start
start:
	mov	r8, r0
	mov	r9, r1
	mov	r10, r3
	mov	r12, r4

	@ Table 0: what one byte does to an empty state.
	ldr	r7, =0x04C11DB7
	movs	r0, #0
1:	lsls	r3, r0, #24
	movs	r5, #8
2:	lsls	r3, r3, #1
	bcc	3f
	eors	r3, r7
3:	subs	r5, #1
	bne	2b
	rev	r3, r3
	lsls	r5, r0, #2
	str	r3, [r2, r5]
	adds	r0, #1
	lsrs	r5, r0, #8
	beq	1b
	mov	r1, r2
	ldr	r7, =0x3FC		@ mask of an index into a table, times 4
	cmp	r4, #0
	beq	next_item

	@ Tables 1 to 3: the same byte with 1, 2, 3 zero bytes after it.
	movs	r5, #1
	lsls	r5, r5, #10
	adds	r2, r1, r5
	adds	r3, r2, r5
	adds	r5, r3
	mov	r12, r5			@ r1 r2 r3 r12 = tables 0 to 3
	mov	r0, r1
	mov	r6, r2
4:	ldmia	r0!, {r4}
	lsls	r5, r4, #2
	ands	r5, r7
	ldr	r5, [r1, r5]
	lsrs	r4, r4, #8
	eors	r4, r5
	stmia	r6!, {r4}
	cmp	r0, r12
	bne	4b

	@ r0 = position, r6 = state, lr = end of the range, r11 = end of the chunk.
next_item:
	mov	r4, r8
	cmp	r4, r9
	bhs	finished
	ldmia	r4!, {r0, r5, r6}
	rev	r6, r6
	adds	r5, r0
	mov	lr, r5
next_chunk:
	mov	r4, r10
	ldr	r5, =0xAAAA
	str	r5, [r4]
	mov	r5, lr
	subs	r5, r0			@ bytes left
	beq	item_done
	movs	r4, #CHUNK - 1
	adds	r4, #1
	cmp	r5, r4
	bls	5f
	mov	r5, r4
5:	mov	r4, r12
	cmp	r4, #0
	beq	bytes
	lsls	r4, r0, #30
	bne	one_byte
	lsrs	r4, r5, #4		@ whole turns of the word loop
	beq	bytes
	lsls	r5, r4, #4
	adds	r5, r0
	mov	r11, r5

	.macro	word offset
	ldr	r4, [r0, #\offset]
	eors	r4, r6
	lsls	r5, r4, #2
	ands	r5, r7
	add	r5, r12
	ldr	r6, [r5]
	lsrs	r5, r4, #6
	ands	r5, r7
	ldr	r5, [r3, r5]
	eors	r6, r5
	lsrs	r5, r4, #14
	ands	r5, r7
	ldr	r5, [r2, r5]
	eors	r6, r5
	lsrs	r4, r4, #22
	ands	r4, r7
	ldr	r4, [r1, r4]
	eors	r6, r4
	.endm

6:	word	0
	word	4
	word	8
	word	12
	adds	r0, #16
	cmp	r0, r11
	bne	6b
	b	next_chunk

one_byte:
	movs	r5, #1
bytes:
	adds	r5, r0
	mov	r11, r5
7:	ldrb	r4, [r0]
	eors	r4, r6
	uxtb	r4, r4
	lsls	r4, r4, #2
	ldr	r4, [r1, r4]
	lsrs	r6, r6, #8
	eors	r6, r4
	adds	r0, #1
	cmp	r0, r11
	bne	7b
	b	next_chunk

item_done:
	mov	r4, r8
	rev	r6, r6
	str	r6, [r4, #8]
	adds	r4, #12
	mov	r8, r4
	b	next_item

finished:
	bkpt	#0
	b	.
	.pool
