/* SPDX-License-Identifier: MIT
 *
 * A GPIO port of STM32F2/F4 (RM0090 section 8): outputs read back, inputs follow their pull
 * resistors. Port A carries the SWD pins: firmware that uses them for something else cuts the
 * debugger off.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { MODER = 0x00, OSPEEDR = 0x08, PUPDR = 0x0C, IDR = 0x10, ODR = 0x14, BSRR = 0x18, AFRH = 0x24,
       REGISTERS = 0x28 };

enum { MODE_OUTPUT = 1, MODE_ALTERNATE = 2, PULL_UP = 1, SWDIO = 13, SWCLK = 14 };

struct gpio {
	struct soc *soc;
	struct gpio_place place;
	uint32_t words[REGISTERS / 4];
};

static unsigned field(const struct gpio *gpio, uint32_t offset, unsigned pin)
{
	return gpio->words[offset / 4] >> 2 * pin & 3;
}

static uint32_t input(const struct gpio *gpio)
{
	uint32_t value = 0;

	for (unsigned pin = 0; pin < 16; pin++) {
		bool level = field(gpio, PUPDR, pin) == PULL_UP;

		if (field(gpio, MODER, pin) == MODE_OUTPUT)
			level = gpio->words[ODR / 4] >> pin & 1;
		value |= (uint32_t)level << pin;
	}
	return value;
}

static bool pin_is_swd(const struct gpio *gpio, unsigned pin)
{
	return field(gpio, MODER, pin) == MODE_ALTERNATE &&
	       (gpio->words[AFRH / 4] >> 4 * (pin - 8) & 15) == 0;
}

static void watch_swd(struct gpio *gpio)
{
	bool taken = !pin_is_swd(gpio, SWDIO) || !pin_is_swd(gpio, SWCLK);

	if (gpio->place.port != 'A' || taken == gpio->soc->swd_pins_taken)
		return;
	log_line(LOG_VIRTUAL, "gpio: SWD pins %s",
		 taken ? "used as something else" : "are SWD again");
	gpio->soc->swd_pins_taken = taken;
}

static uint32_t gpio_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct gpio *gpio = state;

	(void)master;
	if (offset == IDR)
		return input(gpio);
	return offset < REGISTERS && offset != BSRR ? gpio->words[offset / 4] : 0;
}

static void gpio_write(void *state, uint32_t offset, uint32_t value)
{
	struct gpio *gpio = state;
	uint32_t *odr = &gpio->words[ODR / 4];

	if (offset >= REGISTERS || offset == IDR)
		return;
	if (offset == BSRR)	/* set wins over reset */
		*odr = ((*odr & ~(value >> 16)) | value) & 0xFFFF;
	else
		gpio->words[offset / 4] = offset == ODR ? value & 0xFFFF : value;
	watch_swd(gpio);
}

static void gpio_reset(void *state)
{
	struct gpio *gpio = state;

	memset(gpio->words, 0, sizeof(gpio->words));
	gpio->words[MODER / 4] = gpio->place.moder;
	gpio->words[OSPEEDR / 4] = gpio->place.ospeedr;
	gpio->words[PUPDR / 4] = gpio->place.pupdr;
	watch_swd(gpio);
}

int gpio_add(struct soc *soc, const struct gpio_place *place)
{
	struct gpio *gpio = calloc(1, sizeof(*gpio));

	if (!gpio)
		return E_MEMORY;
	gpio->soc = soc;
	gpio->place = *place;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "gpio", .state = gpio,
			   .gate = place->gate, .reset = gpio_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "GPIO", .base = place->base,
			  .gate = place->gate, .state = gpio, .read = gpio_read,
			  .write = gpio_write });
	return OK;
}
