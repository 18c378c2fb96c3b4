/* SPDX-License-Identifier: MIT
 *
 * A file that keeps what outlives power: flash, option bytes, OTP. Little-endian: "TETHIMG1", chip
 * name (32 bytes, zero padded), number of areas (u32); per area its name (12 bytes), size (u32) and
 * bytes; last the CRC-32 of all that (u32; the one of zlib and PNG).
 */
#ifndef PROBE_VIRTUAL_IMAGE_H
#define PROBE_VIRTUAL_IMAGE_H

#include "probe/virtual/chips/soc.h"

struct image {
	const char *path;	/* kept, not owned */
	int fd;			/* holds the lock; -1 = no image */
};

/* Opens and locks the file, fills the soc's areas from it; a new or empty file leaves them as they
 * are. E_CONFIG when it is damaged or of another chip (areas are untouched then), E_SYSTEM when it
 * can't be opened for writing or another virtual chip has it, E_MEMORY. */
int image_open(struct image *image, const char *path, struct soc *soc, struct why *why);
/* Writes the file anew beside the old one and renames it, so that there is always a whole one. Does
 * nothing without an image. E_SYSTEM, E_MEMORY. */
int image_save(const struct image *image, const struct soc *soc, struct why *why);
/* Releases the file as it is. */
void image_close(struct image *image);

#endif
