/* SPDX-License-Identifier: MIT
 *
 * The GPIO ports of STM32F1 (RM0008 section 9.2): four bits of CRL and CRH for each pin. An input is
 * low unless its pull-up is on, an output reads what it drives. AFIO (9.4) can switch SWD off.
 */
#include "probe/virtual/peripherals/peripherals.h"

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

/* --- AFIO ------------------------------------------------------------------------------------- */

enum { MAPR = 0x04, SWJ_SHIFT = 24, SWJ_OFF = 4, AFIO_REGISTERS = 0x20 };

struct afio {
	struct soc *soc;
	uint32_t words[AFIO_REGISTERS / 4];
};

static uint32_t afio_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct afio *afio = state;
	uint32_t value = offset < AFIO_REGISTERS ? afio->words[offset / 4] : 0;

	(void)master;
	return offset == MAPR ? value & ~(7u << SWJ_SHIFT) : value;	/* SWJ_CFG is write-only */
}

static void afio_write(void *state, uint32_t offset, uint32_t value)
{
	struct afio *afio = state;

	if (offset < AFIO_REGISTERS)
		afio->words[offset / 4] = value;
	if (offset == MAPR)
		afio->soc->swd_pins_taken = (value >> SWJ_SHIFT & 7) == SWJ_OFF;
}

static void afio_reset(void *state)
{
	struct afio *afio = state;

	memset(afio->words, 0, sizeof(afio->words));
	afio->soc->swd_pins_taken = false;
}

int afio_f1_add(struct soc *soc, uint32_t base, unsigned gate)
{
	struct afio *afio = calloc(1, sizeof(*afio));

	if (!afio)
		return E_MEMORY;
	afio->soc = soc;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "afio", .state = afio,
			   .gate = gate, .reset = afio_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "AFIO", .base = base, .gate = gate,
			  .apb = true, .state = afio, .read = afio_read, .write = afio_write });
	return OK;
}
