/* SPDX-License-Identifier: MIT
 *
 * ELF files of a linker, by libelf. What is loaded are the sections, at the addresses where the program
 * header puts them (as GDB's `load` does): segments of some linkers begin with the ELF header itself.
 */
#include "flash/image/formats.h"

#include <errno.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/bytes.h"

static int elf_failed(struct why *why)
{
	return explain(why, E_ARGUMENT, "the ELF file is damaged: %s", elf_errmsg(-1));
}

/* ---- reading ---- */

static int check_header(const unsigned char *ident, const Elf32_Ehdr *header, struct why *why)
{
	if (!ident || ident[EI_CLASS] != ELFCLASS32 || ident[EI_DATA] != ELFDATA2LSB || !header ||
	    header->e_machine != EM_ARM)
		return explain(why, E_ARGUMENT, "this ELF file is not for a little-endian 32-bit Arm");
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return explain(why, E_ARGUMENT, "this ELF file is not linked yet (it is an object file)");
	return 0;
}

/* Where a section's bytes are stored: its load address. */
static uint32_t load_address(Elf *elf, const Elf32_Shdr *section)
{
	const Elf32_Phdr *segments = elf32_getphdr(elf);
	size_t count = 0;

	if (!segments || elf_getphdrnum(elf, &count))
		return section->sh_addr;
	for (size_t i = 0; i < count; i++) {
		const Elf32_Phdr *segment = &segments[i];

		if (segment->p_type == PT_LOAD && section->sh_offset >= segment->p_offset &&
		    section->sh_offset - segment->p_offset < segment->p_filesz)
			return segment->p_paddr + (section->sh_offset - segment->p_offset);
	}
	return section->sh_addr;
}

static int add_section(struct flash_image *image, Elf *elf, Elf_Scn *scn, struct why *why)
{
	const Elf32_Shdr *section = elf32_getshdr(scn);
	const Elf_Data *data;

	if (!section)
		return elf_failed(why);
	if (!(section->sh_flags & SHF_ALLOC) || section->sh_type == SHT_NOBITS || !section->sh_size)
		return 0;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf)
		return elf_failed(why);
	return flash_image_add(image, load_address(elf, section), data->d_buf, data->d_size, 0, why);
}

static int add_segment(struct flash_image *image, Elf *elf, const Elf32_Phdr *segment, struct why *why)
{
	const Elf_Data *data;

	if (segment->p_type != PT_LOAD || !segment->p_filesz)
		return 0;
	data = elf_getdata_rawchunk(elf, segment->p_offset, segment->p_filesz, ELF_T_BYTE);
	if (!data || !data->d_buf)
		return elf_failed(why);
	return flash_image_add(image, segment->p_paddr, data->d_buf, data->d_size, 0, why);
}

/* For files without section headers. */
static int add_segments(struct flash_image *image, Elf *elf, struct why *why)
{
	const Elf32_Phdr *segments = elf32_getphdr(elf);
	size_t count = 0;
	int err = 0;

	if (!segments || elf_getphdrnum(elf, &count))
		return elf_failed(why);
	for (size_t i = 0; i < count && !err; i++)
		err = add_segment(image, elf, &segments[i], why);
	return err;
}

static int take(struct flash_image *image, Elf *elf, struct why *why)
{
	size_t sections = 0;
	Elf_Scn *scn = NULL;
	int err;

	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return explain(why, E_ARGUMENT, "this is no ELF file");
	err = check_header((const unsigned char *)elf_getident(elf, NULL), elf32_getehdr(elf), why);
	if (err)
		return err;
	if (elf_getshdrnum(elf, &sections))
		return elf_failed(why);
	if (sections < 2)
		return add_segments(image, elf, why);
	while (!err && (scn = elf_nextscn(elf, scn)))
		err = add_section(image, elf, scn, why);
	return err;
}

int image_elf_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why)
{
	char *copy = malloc(length ? length : 1);	/* libelf wants to own it, aligned */
	Elf *elf;
	int err;

	if (!copy)
		return explain(why, E_MEMORY, "no memory for %zu bytes", length);
	memcpy(copy, bytes, length);
	elf_version(EV_CURRENT);
	elf = elf_memory(copy, length);
	err = take(image, elf, why);
	elf_end(elf);
	free(copy);
	return err;
}

int image_elf_read(struct flash_image *image, int fd, struct why *why)
{
	Elf *elf;
	int err;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	err = take(image, elf, why);
	elf_end(elf);
	return err;
}

/* ---- writing: a section and a segment for each piece ---- */

static const char names[] = "\0.flash\0.shstrtab";
enum { NAME_FLASH = 1, NAME_NAMES = 8, EABI_VERSION_5 = 0x05000000 };

/* What a vector table has in its second word; GDB puts its PC there after `load`. */
static uint32_t reset_handler(const struct flash_image *image)
{
	const struct flash_image_piece *first = image->pieces;

	return image->piece_count && first->length >= 8 ? get_u32(image->data + first->offset + 4) : 0;
}

static Elf_Scn *new_section(Elf *elf, const void *bytes, size_t length, uint32_t type, uint32_t name)
{
	Elf_Scn *scn = elf_newscn(elf);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	Elf32_Shdr *section = scn ? elf32_getshdr(scn) : NULL;

	if (!data || !section)
		return NULL;
	data->d_buf = (void *)(uintptr_t)bytes;		/* it is only read */
	data->d_size = length;
	data->d_type = ELF_T_BYTE;
	data->d_align = 4;
	section->sh_type = type;
	section->sh_name = name;
	return scn;
}

static bool put_sections(Elf *elf, const struct flash_image *image)
{
	Elf_Scn *scn;

	for (size_t i = 0; i < image->piece_count; i++) {
		const struct flash_image_piece *piece = &image->pieces[i];

		scn = new_section(elf, image->data + piece->offset, piece->length, SHT_PROGBITS, NAME_FLASH);
		if (!scn)
			return false;
		elf32_getshdr(scn)->sh_flags = SHF_ALLOC;
		elf32_getshdr(scn)->sh_addr = piece->address;
	}
	scn = new_section(elf, names, sizeof(names), SHT_STRTAB, NAME_NAMES);
	if (!scn)
		return false;
	elf32_getehdr(elf)->e_shstrndx = (uint16_t)elf_ndxscn(scn);
	return true;
}

/* After libelf has laid out the file. */
static bool put_segments(Elf *elf, const struct flash_image *image)
{
	Elf32_Phdr *segments = elf32_getphdr(elf);

	for (size_t i = 0; segments && i < image->piece_count; i++) {
		const Elf32_Shdr *section = elf32_getshdr(elf_getscn(elf, i + 1));
		const struct flash_image_piece *piece = &image->pieces[i];

		if (!section)
			return false;
		segments[i] = (Elf32_Phdr){
			.p_type = PT_LOAD, .p_offset = section->sh_offset, .p_vaddr = piece->address,
			.p_paddr = piece->address, .p_filesz = piece->length, .p_memsz = piece->length,
			.p_flags = PF_R | PF_X, .p_align = 4,
		};
	}
	return segments;
}

static bool put_all(Elf *elf, const struct flash_image *image)
{
	Elf32_Ehdr *header = elf ? elf32_newehdr(elf) : NULL;

	if (!header || !elf32_newphdr(elf, image->piece_count))
		return false;
	header->e_ident[EI_DATA] = ELFDATA2LSB;
	header->e_machine = EM_ARM;
	header->e_type = ET_EXEC;
	header->e_version = EV_CURRENT;
	header->e_flags = EABI_VERSION_5;
	header->e_entry = reset_handler(image);
	return put_sections(elf, image) && elf_update(elf, ELF_C_NULL) >= 0 && put_segments(elf, image) &&
	       elf_update(elf, ELF_C_WRITE) >= 0;
}

int image_elf_write(const struct flash_image *image, FILE *file)
{
	bool done;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fileno(file), ELF_C_WRITE, NULL);
	done = put_all(elf, image);
	elf_end(elf);
	return done ? 0 : E_SYSTEM;
}
