/* SPDX-License-Identifier: MIT
 *
 * Firmware that raises its clock to 168 MHz, as real ones do, and then prints through stimulus port 0 of
 * the ITM (RM0090 sections 6.3 and 38.14). It sets up nothing of the trace: that is the debugger's.
 */
#include <stdint.h>

#include "usart.h"

static volatile uint32_t *const rcc = (volatile uint32_t *)0x40023800;	/* CR PLLCFGR CFGR */
static volatile uint32_t *const flash_acr = (volatile uint32_t *)0x40023C00;
static volatile uint32_t *const systick = (volatile uint32_t *)0xE000E010;	/* CTRL LOAD VAL */
static volatile uint8_t *const port0 = (volatile uint8_t *)0xE0000000;
static volatile uint32_t *const port0_ready = (volatile uint32_t *)0xE0000000;
static volatile uint32_t *const itm_ter = (volatile uint32_t *)0xE0000E00;
static volatile uint32_t *const itm_tcr = (volatile uint32_t *)0xE0000E80;

static void raise_clock(void)
{
	*flash_acr = 5;
	rcc[1] = 16 | 336 << 6 | 0 << 16 | 7 << 24;	/* HSI / 16 * 336 / 2 */
	rcc[0] |= 1u << 24;
	while (!(rcc[0] & 1u << 25))
		;
	rcc[2] = 5 << 10 | 4 << 13 | 2;
	while ((rcc[2] & 0xC) != 8)
		;
}

static void say(const char *text)
{
	if (!(*itm_tcr & 1) || !(*itm_ter & 1))
		return;
	while (*text) {
		while (!*port0_ready)
			;
		*port0 = (uint8_t)*text++;
	}
}

static volatile uint32_t milliseconds;

void SysTick_Handler(void);
void SysTick_Handler(void)
{
	milliseconds++;
}

static void wait_ms(uint32_t ms)
{
	uint32_t start = milliseconds;

	while (milliseconds - start < ms)
		__asm__ volatile("wfi");
}

int main(void)
{
	usart_start();
	raise_clock();
	systick[1] = 168000 - 1;
	systick[0] = 7;
	for (uint32_t i = 0;; i = (i + 1) % 10) {
		char line[] = "trace 0\n";

		line[6] = (char)('0' + i);
		say(line);
		wait_ms(20);
	}
}
