/* SPDX-License-Identifier: MIT
 *
 * printf for the firmware here: newlib's _write to USART2 (RM0090 section 30.6).
 */
#include <stdint.h>
#include <sys/stat.h>

#include "usart.h"

static volatile uint32_t *const rcc_ahb1enr = (volatile uint32_t *)0x40023830;
static volatile uint32_t *const rcc_apb1enr = (volatile uint32_t *)0x40023840;
static volatile uint32_t *const usart2 = (volatile uint32_t *)0x40004400;	/* SR DR BRR CR1 */
static volatile uint32_t *const gpioa_moder = (volatile uint32_t *)0x40020000;
static volatile uint32_t *const gpioa_afrl = (volatile uint32_t *)0x40020020;

void usart_start(void)
{
	*rcc_ahb1enr |= 1u << 0;			/* GPIOA */
	*rcc_apb1enr |= 1u << 17;			/* USART2 */
	*gpioa_afrl = (*gpioa_afrl & ~(0xFu << 8)) | 7u << 8;
	*gpioa_moder = (*gpioa_moder & ~(3u << 4)) | 2u << 4;	/* PA2 = TX */
	usart2[2] = 16000000 / 115200;
	usart2[3] = 1u << 13 | 1u << 3;			/* UE, TE */
}

int _write(int file, const char *text, int length);
int _write(int file, const char *text, int length)
{
	(void)file;
	for (int i = 0; i < length; i++) {
		while (!(usart2[0] & 1u << 7))		/* TXE */
			;
		usart2[1] = (uint8_t)text[i];
	}
	return length;
}

/* The rest of what newlib asks for. */
void *_sbrk(int increment);
void *_sbrk(int increment)
{
	extern char end;
	static char *top = &end;
	char *before = top;

	top += increment;
	return before;
}

int _close(int file);
int _close(int file) { (void)file; return -1; }
int _fstat(int file, struct stat *st);
int _fstat(int file, struct stat *st) { (void)file; st->st_mode = S_IFCHR; return 0; }
int _isatty(int file);
int _isatty(int file) { (void)file; return 1; }
int _lseek(int file, int offset, int whence);
int _lseek(int file, int offset, int whence) { (void)file; (void)offset; (void)whence; return 0; }
int _read(int file, char *buffer, int length);
int _read(int file, char *buffer, int length) { (void)file; (void)buffer; (void)length; return 0; }
