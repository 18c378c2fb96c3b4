@ SPDX-License-Identifier: MIT
@ What firmware does with the ITM: bytes when there is room, other widths, a flood, unprivileged
@ writes; SysTick for exception trace.
	.syntax unified
	.thumb
	.text	1
	.global	reset, patient, widths, flood, unprivileged, ticking, systick, done
	.thumb_func
reset:
	b	reset
	.thumb_func
patient:
	mov	r0, #0xE0000000
	movs	r1, #'8'
1:	ldr	r2, [r0]
	lsls	r2, #31
	beq	1b
	strb	r1, [r0]
	adds	r1, #1
	cmp	r1, #'8' + 40
	bne	1b
	b	done
	.thumb_func
widths:
	mov	r0, #0xE0000000
	ldr	r1, =0x44332211
	strb	r1, [r0]
	strh	r1, [r0, #4]
	str	r1, [r0, #124]
	b	done
	.thumb_func
flood:
	mov	r0, #0xE0000000
	movs	r1, #0
1:	strb	r1, [r0]
	adds	r1, #1
	cmp	r1, #100
	bne	1b
	b	done
	.thumb_func
unprivileged:
	mov	r0, #0xE0000000
	movs	r1, #1
	msr	control, r1
	isb
	movs	r1, #'u'
	strb	r1, [r0]
	strb	r1, [r0, #32]
	b	done
	.thumb_func
ticking:
	ldr	r0, =0xE000E010
	movs	r1, #99
	str	r1, [r0, #4]
	str	r1, [r0, #8]
	movs	r1, #7
	str	r1, [r0]
	.thumb_func
done:
	b	done
	.thumb_func
systick:
	movs	r1, #0
	str	r1, [r0]
	bx	lr
	.ltorg
	.include "vectors.inc"
