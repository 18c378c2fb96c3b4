/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the F0/F1/F3 controller (RM0091 3.2, PM0075 2.3): writes of 16 bits.
 */
	.include "queue.inc"

	.equ	SR, 0x0C		@ BSY is bit 0; errors are 0x14
	.equ	SR_ERRORS, 0x14
	.equ	CR, 0x10
	.equ	CR_STRT, 1 << 6
	.equ	AR, 0x14

flash_start:
	str	r5, [r1, #CR]
	str	r3, [r1, #AR]
	movs	r6, #CR_STRT
	orrs	r6, r5
	str	r6, [r1, #CR]
	dsb				@ BSY comes a cycle late (ES096 2.2.8): the beat gives it time
	bx	lr

flash_wait:
	beat
	ldr	r6, [r1, #SR]
	lsrs	r7, r6, #1
	bcs	flash_wait
	movs	r7, #SR_ERRORS
	ands	r6, r7
	bx	lr

	@ While a unit is written the next one is fetched: after the last one that is not used.
flash_program:
	str	r5, [r1, #CR]
	ldrh	r5, [r2]
1:	strh	r5, [r3]
	dsb
	beat
	adds	r2, #2
	adds	r3, #2
	subs	r4, #2
	ldrh	r5, [r2]
2:	ldr	r6, [r1, #SR]
	lsrs	r7, r6, #1
	bcs	2b
	movs	r7, #SR_ERRORS
	ands	r6, r7
	bne	3f
	cmp	r4, #0
	bne	1b
	bx	lr
3:	subs	r3, #2
	bx	lr
