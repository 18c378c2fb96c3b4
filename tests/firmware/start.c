/* SPDX-License-Identifier: MIT
 *
 * Vector table and start-up for an STM32F407: stack, FPU, .data, .bss, main.
 */
#include <stdint.h>

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;
extern int main(void);

void reset_handler(void);
void default_handler(void);
void SysTick_Handler(void) __attribute__((weak, alias("default_handler")));
void SVC_Handler(void) __attribute__((weak, alias("default_handler")));
void PendSV_Handler(void) __attribute__((weak, alias("default_handler")));
void HardFault_Handler(void) __attribute__((weak, alias("default_handler")));
void TIM2_Handler(void) __attribute__((weak, alias("default_handler")));

typedef void (*vector)(void);
__attribute__((section(".vectors"), used)) static const vector vectors[16 + 29] = {
	[0] = (vector)&stack_top,
	[1] = reset_handler,
	[2] = default_handler,
	[3] = HardFault_Handler,
	[4] = default_handler,
	[5] = default_handler,
	[6] = default_handler,
	[11] = SVC_Handler,
	[14] = PendSV_Handler,
	[15] = SysTick_Handler,
	[16 + 28] = TIM2_Handler,
};

void default_handler(void)
{
	for (;;)
		;
}

void reset_handler(void)
{
	volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88;
	uint32_t *from = &data_load, *to = &data_start;

	*cpacr |= 0xFu << 20;	/* FPU: full access */
	__asm volatile("dsb\n isb");
	while (to < &data_end)
		*to++ = *from++;
	for (to = &bss_start; to < &bss_end; to++)
		*to = 0;
	main();
	default_handler();
}
