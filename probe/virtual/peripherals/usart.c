/* SPDX-License-Identifier: MIT
 *
 * The sending half of a USART, of the older (RM0090 section 30) and the newer kind (RM0091 section
 * 27): a data register, a shift register, and the time that ten bits take. What is sent is kept for tests and logged line by line. Nothing is ever
 * received.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>

enum { REGISTERS = 0x30 };

/* Where the registers are; TXE, TC, TE and their enables are at the same bits. */
static const struct usart_layout {
	uint32_t sr, dr, brr, cr1;	/* dr: the one that is written */
	uint32_t icr;			/* clears flags; 0 = they are cleared in SR */
	uint32_t enable;		/* CR1.UE */
} old_layout = { 0x00, 0x04, 0x08, 0x0C, 0, 1 << 13 },
  new_layout = { 0x1C, 0x28, 0x0C, 0x00, 0x20, 1 << 0 };

enum { SR_TC = 1 << 6, SR_TXE = 1 << 7, SR_TEACK = 1 << 21, SR_REACK = 1 << 22 };

enum { CR1_RE = 1 << 2, CR1_TE = 1 << 3, CR1_TCIE = 1 << 6, CR1_TXEIE = 1 << 7 };

enum { LINE_MAX_LENGTH = 120, BITS_PER_CHARACTER = 10 };

struct usart {
	struct soc *soc;
	struct usart_place place;
	const struct usart_layout *at;
	uint32_t words[REGISTERS / 4];
	bool shifting, full, complete;	/* full: the data register holds one more */
	uint8_t waiting;
	struct vclock_alarm sent;
	char line[LINE_MAX_LENGTH + 1];
	size_t line_length;
};

static uint32_t word(const struct usart *usart, uint32_t offset)
{
	return usart->words[offset / 4];
}

static void print(struct usart *usart, uint8_t byte)
{
	soc_print(usart->soc, (char)byte);
	if (byte != '\n' && byte != '\r')
		usart->line[usart->line_length++] = byte >= ' ' && byte < 127 ? (char)byte : '.';
	if ((byte == '\n' && usart->line_length) || usart->line_length == LINE_MAX_LENGTH) {
		usart->line[usart->line_length] = 0;
		log_line(LOG_VIRTUAL, "%s: %s", usart->place.name, usart->line);
		usart->line_length = 0;
	}
}

static void update_irq(struct usart *usart)
{
	uint32_t cr1 = word(usart, usart->at->cr1);
	bool level = cr1 & usart->at->enable && ((cr1 & CR1_TXEIE && !usart->full) ||
				      (cr1 & CR1_TCIE && usart->complete));

	soc_set_irq(usart->soc, usart->place.irq, level);
}

/* BRR holds the clocks per bit (30.3.4 with 16 samples). */
static void shift(struct usart *usart, uint8_t byte)
{
	uint32_t hz = usart->soc->apb_hz[usart->place.gate / 32 == SOC_APB2 / 32];
	uint64_t clocks = (uint64_t)word(usart, usart->at->brr) * BITS_PER_CHARACTER;

	usart->shifting = true;
	print(usart, byte);
	vclock_arm(usart->soc->clock, &usart->sent, clocks * 1000000000u / hz);
}

static void character_sent(void *context)
{
	struct usart *usart = context;

	usart->shifting = false;
	usart->complete = !usart->full;
	if (usart->full)
		shift(usart, usart->waiting);
	usart->full = false;
	update_irq(usart);
}

static void write_dr(struct usart *usart, uint8_t byte)
{
	uint32_t needed = usart->at->enable | CR1_TE;

	if ((word(usart, usart->at->cr1) & needed) != needed || word(usart, usart->at->brr) == 0) {
		log_line(LOG_VIRTUAL, "%s: byte %02X written while off or without baud rate: lost",
			 usart->place.name, byte);
		return;
	}
	usart->complete = false;
	if (!usart->shifting) {
		shift(usart, byte);
		return;
	}
	if (usart->full)
		log_line(LOG_VIRTUAL, "%s: byte %02X overwritten before it was sent",
			 usart->place.name, usart->waiting);
	usart->full = true;
	usart->waiting = byte;
}

static uint32_t status(const struct usart *usart)
{
	uint32_t cr1 = word(usart, usart->at->cr1);
	uint32_t value = (usart->full ? 0 : SR_TXE) | (usart->complete ? SR_TC : 0);

	if (usart->at->icr && cr1 & usart->at->enable)	/* the newer kind tells that it is on */
		value |= (cr1 & CR1_TE ? SR_TEACK : 0) | (cr1 & CR1_RE ? SR_REACK : 0);
	return value;
}

static uint32_t usart_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct usart *usart = state;

	(void)master;
	if (offset == usart->at->sr)
		return status(usart);
	return offset < REGISTERS && offset != usart->at->dr ? word(usart, offset) : 0;
}

static void usart_write(void *state, uint32_t offset, uint32_t value)
{
	struct usart *usart = state;

	if (usart->at->icr && offset == usart->at->icr)
		usart->complete = usart->complete && !(value & SR_TC);
	else if (offset == usart->at->sr)
		usart->complete = usart->complete && (usart->at->icr || value & SR_TC);
	else if (offset == usart->at->dr)
		write_dr(usart, (uint8_t)value);
	else if (offset < REGISTERS)
		usart->words[offset / 4] = value;
	update_irq(usart);
}

static void usart_reset(void *state)
{
	struct usart *usart = state;

	for (size_t i = 0; i < REGISTERS / 4; i++)
		usart->words[i] = 0;
	usart->shifting = usart->full = false;
	usart->complete = true;
	vclock_disarm(&usart->sent);
	update_irq(usart);
}

int usart_add(struct soc *soc, const struct usart_place *place)
{
	struct usart *usart = calloc(1, sizeof(*usart));

	if (!usart)
		return E_MEMORY;
	usart->soc = soc;
	usart->place = *place;
	usart->at = place->newer ? &new_layout : &old_layout;
	usart->sent.ring = character_sent;
	usart->sent.context = usart;
	vclock_add(soc->clock, &usart->sent);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = place->name, .state = usart,
			   .gate = place->gate, .reset = usart_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = place->name, .base = place->base,
			  .gate = place->gate, .apb = true, .state = usart, .read = usart_read,
			  .write = usart_write });
	return OK;
}
