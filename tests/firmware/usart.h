/* SPDX-License-Identifier: MIT
 *
 * USART2 as the console of the firmware here.
 */
#ifndef FIRMWARE_USART_H
#define FIRMWARE_USART_H

/* Pins and baud rate at the reset clock (16 MHz); afterwards printf works. */
void usart_start(void);

#endif
