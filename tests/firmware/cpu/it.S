@ SPDX-License-Identifier: MIT
@ An IT block with all its four places used, then a loop.
	.syntax unified
	.thumb
	.text	1
	.global	reset, before, it, first, second, third, fourth, after, done
	.thumb_func
reset:
	movs	r0, #0
	movs	r1, #0
before:
	cmp	r0, #0
it:
	ittet	eq
first:
	addeq	r1, #1
second:
	addeq.w	r1, r1, #0x10
third:
	addne	r1, #100
fourth:
	addeq	r1, #0x40
after:
	mov	r2, r1
done:
	b	done
	.ltorg
	.include "vectors.inc"
