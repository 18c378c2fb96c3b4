/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the F2/F4/F7 controller (RM0090 3.6): writes of 8, 16 or 32 bits, as PSIZE in the
 * control word says.
 */
	.include "queue.inc"

	.equ	SR, 0x0C		@ BSY is bit 16; errors are 0x1F2
	.equ	CR, 0x10		@ STRT is bit 16, PSIZE bits 9:8

flash_start:
	str	r5, [r1, #CR]
	movs	r6, #1
	lsls	r6, r6, #16
	orrs	r6, r5
	str	r6, [r1, #CR]
	dsb
	bx	lr

flash_wait:
	beat
	ldr	r6, [r1, #SR]
	lsls	r7, r6, #15
	bmi	flash_wait
	movs	r7, #0x1F2 >> 1
	lsls	r7, r7, #1
	ands	r6, r7
	bx	lr

	@ While a unit is written the next one is fetched: after the last one that is not used.
	.macro	program load, store, size
	\load	r5, [r2]
1:	\store	r5, [r3]
	dsb
	beat
	adds	r2, #\size
	adds	r3, #\size
	subs	r4, #\size
	\load	r5, [r2]
2:	ldr	r6, [r1, #SR]
	lsls	r7, r6, #15
	bmi	2b
	movs	r7, #0x1F2 >> 1
	lsls	r7, r7, #1
	ands	r6, r7
	bne	3f
	cmp	r4, #0
	bne	1b
	bx	lr
3:	subs	r3, #\size
	bx	lr
	.endm

flash_program:
	str	r5, [r1, #CR]
	lsls	r5, r5, #32 - 10
	lsrs	r5, r5, #32 - 2
	beq	program_8
	cmp	r5, #1
	beq	program_16
	program	ldr, str, 4
program_16:
	program	ldrh, strh, 2
program_8:
	program	ldrb, strb, 1
