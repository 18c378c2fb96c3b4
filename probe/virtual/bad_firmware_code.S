@ SPDX-License-Identifier: MIT
@
@ Firmware that makes a board hard to reach: writes a list of registers, then ends in one of three ways.
@ The list stands behind the code, made by bad_firmware.c: pairs of words,
@	address, value		write
@	1, rounds		wait; a round is two cycles at least
@	0, how			the end: 0 = loop, 1 = sleep for ever, else go there
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
	bhi	go
spin:	b	spin
sleep:	wfi
	b	sleep
go:	bx	r1
	udf	#0	@ where lock-up goes
	.balign	4
list:
