/* SPDX-License-Identifier: MIT
 *
 * The GPIO ports of STM32F1 (RM0008 section 9.2): four bits of CRL and CRH for each pin. An input is
 * low unless its pull-up is on, an output reads what it drives. That SWD can be switched off is
 * AFIO's business.
 */
#include "probe/virtual/peripherals.h"

#include <stdlib.h>
#include <string.h>

enum { CRL = 0x00, CRH = 0x04, IDR = 0x08, ODR = 0x0C, BSRR = 0x10, BRR = 0x14, REGISTERS = 0x1C };

enum { RESET_INPUTS = 0x44444444, MODE = 3, CNF_PULL = 8 };

struct gpio_f1 {
	uint32_t words[REGISTERS / 4];
};

/* ODR of an input with pull resistors says which way they pull. */
static uint32_t input(const struct gpio_f1 *gpio)
{
	uint32_t value = 0;

	for (unsigned pin = 0; pin < 16; pin++) {
		uint32_t bits = gpio->words[pin / 8] >> 4 * (pin % 8) & 15;

		if (bits & MODE || bits == CNF_PULL)
			value |= gpio->words[ODR / 4] & 1u << pin;
	}
	return value;
}

static uint32_t gpio_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct gpio_f1 *gpio = state;

	(void)master;
	if (offset == IDR)
		return input(gpio);
	return offset < REGISTERS && offset != BSRR && offset != BRR ? gpio->words[offset / 4] : 0;
}

static void gpio_write(void *state, uint32_t offset, uint32_t value)
{
	struct gpio_f1 *gpio = state;
	uint32_t *odr = &gpio->words[ODR / 4];

	if (offset >= REGISTERS || offset == IDR)
		return;
	if (offset == BSRR)
		*odr = ((*odr & ~(value >> 16)) | value) & 0xFFFF;	/* set wins over reset */
	else if (offset == BRR)
		*odr &= ~value;
	else
		gpio->words[offset / 4] = offset == ODR ? value & 0xFFFF : value;
}

static void gpio_reset(void *state)
{
	struct gpio_f1 *gpio = state;

	memset(gpio->words, 0, sizeof(gpio->words));
	gpio->words[CRL / 4] = gpio->words[CRH / 4] = RESET_INPUTS;
}

int gpio_f1_add(struct soc *soc, const struct gpio_place *place)
{
	struct gpio_f1 *gpio = calloc(1, sizeof(*gpio));

	if (!gpio)
		return E_MEMORY;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "gpio", .state = gpio,
			   .gate = place->gate, .reset = gpio_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "GPIO", .base = place->base,
			  .gate = place->gate, .apb = true, .state = gpio, .read = gpio_read,
			  .write = gpio_write });
	return OK;
}
