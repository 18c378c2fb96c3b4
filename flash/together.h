/* SPDX-License-Identifier: MIT
 *
 * Two banks with controllers of their own (device.banks_apart) at work at the same time, through a loader.
 * Private to execute.c.
 */
#ifndef FLASH_TOGETHER_H
#define FLASH_TOGETHER_H

#include "flash/job.h"

/* Erases the banks that are to be erased as a whole. */
int together_erase_banks(struct job *job, struct why *why);
/* Erases and programs what is left then. */
int together_write(struct job *job, struct why *why);

#endif
