@ SPDX-License-Identifier: MIT
@
@ Firmware that makes a board hard to reach: writes a list of registers, then ends in one of four ways.
@ The list stands behind the code, made by bad_firmware.c: pairs of words,
@	address, value		write
@	1, rounds		wait; a round is two cycles at least
@	0, how			the end: 0 = loop, 1 = sleep for ever, 2 = an undefined instruction
@ For every Cortex-M.
	.syntax unified
	.cpu cortex-m0
	.thumb

	adr	r4, list
next:	ldmia	r4!, {r0, r1}
	cmp	r0, #1
	beq	wait
	blo	end
	str	r1, [r0]
	b	next
wait:	subs	r1, #1
	bne	wait
	b	next
end:	cmp	r1, #1
	beq	sleep
	bhi	fault
spin:	b	spin
sleep:	wfi
	b	sleep
fault:	udf	#0
	.balign	4
list:
