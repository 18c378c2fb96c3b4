/* SPDX-License-Identifier: MIT
 *
 * An ST-LINK/V2 on a mock USB bus (umockdev), for the real libusb to talk to. It answers F1, F5 and
 * F2 07, and misbehaves as told.
 */
#ifndef TESTS_UNIT_MOCK_USB_H
#define TESTS_UNIT_MOCK_USB_H

#include <stdbool.h>

/* How the next command is treated; one command each, then ANSWER again. */
enum mock_behaviour {
	MOCK_ANSWER,
	MOCK_SILENT,		/* never answers */
	MOCK_LATE,		/* keeps the reply until the next command has been given up */
	MOCK_SHORT,		/* half of the reply */
	MOCK_LONG,		/* more than is asked for */
	MOCK_STALL_OUT,
	MOCK_STALL_IN,
	MOCK_UNPLUG,		/* is pulled with the transfers on their way */
	MOCK_DEAF,		/* does not even take the command */
};

struct mock_usb;

/* Starts the program again below umockdev's preload library where that has not been done. */
void mock_usb_enter(char **argv);

/* Plugs the probe in at bus 1, port 4. */
struct mock_usb *mock_usb_new(void);
void mock_usb_free(struct mock_usb *mock);

void mock_usb_behave(struct mock_usb *mock, enum mock_behaviour behaviour);
/* Claims fail with this errno; 0 = they succeed. */
void mock_usb_refuse_claims(struct mock_usb *mock, int err);
/* Out and in again at the same port with another device number: the same probe, or another one
 * (with another serial number). */
void mock_usb_replug(struct mock_usb *mock, bool same);
/* The device file, inside the mock's root. */
const char *mock_usb_node(struct mock_usb *mock);
/* Commands taken. One that has data is only taken once its data transfer is there too. */
unsigned mock_usb_commands(struct mock_usb *mock);
unsigned mock_usb_cleared_halts(struct mock_usb *mock);
/* Transfers that the host has neither reaped nor given up. */
unsigned mock_usb_pending(struct mock_usb *mock);

#endif
