/* SPDX-License-Identifier: MIT
 *
 * Chip descriptions: facts of one chip line, read from targets/chips/NAME.cfg (libconfig). The files
 * are compiled into the binary; --chips DIR adds or overrides. Only chip_reader.c knows libconfig.
 * Unknown keys, overlaps, ends past 2^32 and regions outside their parent are errors with file and
 * line.
 */
#ifndef TARGETS_CHIP_H
#define TARGETS_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum chip_core { CHIP_M0, CHIP_M0PLUS, CHIP_M3, CHIP_M4, CHIP_M7, CHIP_M33, CHIP_OTHER_CORE };

enum chip_region_kind { CHIP_RAM, CHIP_CCM /* data only */, CHIP_BACKUP, CHIP_ROM, CHIP_EEPROM };

struct chip_region {
	char name[16];
	enum chip_region_kind kind;
	uint32_t base, size;
	bool loader;		/* safe for code and data of a loader: its first loader_size bytes */
	uint32_t loader_size;	/* what every part of the line has, and no option takes away */
	bool ecc;		/* reading what was never written may fault: no read-ahead */
	uint32_t sector;	/* data area that option bytes have taken from the end of a bank: bytes of a sector */
	uint32_t sector_bank, sector_first;	/* its bank, and its first sector's number there */
};

struct chip_sectors {		/* count sectors of size bytes */
	uint32_t count, size;
};

enum { CHIP_SECTOR_RUNS = 8, CHIP_BANKS = 2, CHIP_REGIONS = 16, CHIP_ALIASES = 4, CHIP_IDS = 4,
       CHIP_PARTS = 64, CHIP_OPTION_WORDS = 24, CHIP_OPTION_FIELDS = 96, CHIP_VALUES = 16,
       CHIP_BITS_SET = 8, CHIP_RESET_FLAGS = 12, CHIP_LAYOUTS = 8, CHIP_LAYOUT_SIZES = 6,
       CHIP_CONDITIONS = 2, CHIP_SIZE_CODES = 4, CHIP_RESERVED = 4, CHIP_REVISIONS = 12,
       CHIP_CLOCK_STEPS = 6, CHIP_OPTION_AREAS = 16,
       CHIP_OPTION_RULES = 4 };

struct chip_bank {
	uint32_t base, size;	/* of this part, after the size register was read */
	uint32_t registers;	/* controller of this bank */
	uint8_t physical;	/* 0 or 1: what the controller calls it, also when the banks are swapped */
	bool shared;		/* some of it is not ours (CPU2, EDATA): not in size, and no bank erase */
	struct chip_sectors runs[CHIP_SECTOR_RUNS];
	size_t run_count;
};

struct chip_condition {		/* "DBANK=1": of the option words as they are loaded */
	uint8_t word;
	uint32_t mask, value;	/* mask 0 = no condition */
};

/* How the banks share the flash of a size. */
enum chip_split {
	CHIP_IN_ORDER,		/* bank 1 is full before bank 2 begins */
	CHIP_HALVES,		/* each has half; bank 2 keeps its base, whatever the size */
	CHIP_CONTIGUOUS,	/* each has half; bank 2 begins where bank 1 ends */
};

struct chip_layout {		/* holds for these sizes (none = any that fits) while all of when does */
	uint32_t sizes_kib[CHIP_LAYOUT_SIZES];
	size_t size_count;
	struct chip_condition when[CHIP_CONDITIONS];
	size_t when_count;
	enum chip_split split;
	struct chip_bank banks[CHIP_BANKS];	/* at their largest */
	size_t bank_count;
};

/* The end of a bank that belongs to somebody else (CPU2 of WB and WL, EDATA of H5). */
struct chip_reserved {
	uint32_t bank, unit;		/* bytes */
	struct chip_condition when;
	struct chip_condition count;	/* whose value is not used: the field that counts units */
	bool from_end;			/* it counts the last units, minus 1; else those before */
	uint32_t data_end, data_sector;	/* where they end as a data area, and what a unit has there; 0 = nowhere */
};

struct chip_id {
	uint32_t address, mask, value;	/* DBGMCU_IDCODE and its like */
	uint32_t cpuid_part;		/* 0 = any; CPUID[15:4], e.g. 0xC24 */
	uint32_t ap;			/* access port it is read through: the core's, unless has_ap */
	bool has_ap;
};

/* A bit that tells which bank stands at the first address in this moment, and the bit of its clock. */
struct chip_remap {
	uint32_t address, enable;
	uint8_t bit, enable_bit;
};

struct chip_size_code {		/* what the size register says, and means */
	uint32_t code, kib;
};

struct chip_revision {		/* upper half of the id */
	uint32_t id;
	char name[32];
};

struct chip_alias {		/* the same bytes at another address (flash at 0) */
	uint32_t base, size, of;
};

struct chip_part {		/* a marketing name pattern and what it has */
	char name[24];		/* "STM32F407VG": x matches one letter or digit */
	uint32_t flash_kib;
	uint32_t ram_kib;	/* of the first region; 0 = as the memory list says */
	uint32_t ram2_kib;	/* of the second region, when has_ram2; 0 = it is not there */
	bool has_ram2;
	uint32_t eeprom;	/* bytes; 0 = as the memory list says */
	uint32_t cores;		/* 0 = 1 */
};

struct chip_value {
	char name[24];
	uint32_t value;
	char about[80];
};

struct chip_option_word {
	char name[16];
	uint32_t address;	/* register; F0 F1 F3 L0 L1: the option memory itself, with complements */
	uint32_t program;	/* register it is written through (*_PRG); 0 = the same */
	uint32_t mirror;	/* in option memory; 0 = none */
	uint32_t factory;
	bool unverified;	/* no source that is trusted has the factory's value */
	uint32_t now;		/* as last told by chip_set_option_word; factory before */
	uint32_t writable;	/* mask of implemented bits: the union of its fields */
};

/* What the rules about option bytes have to know of a field. */
enum chip_option_role {
	CHIP_ROLE_NONE,
	CHIP_BANK_MODE, CHIP_BANK_SWAP,	/* other addresses for sectors */
	CHIP_BOOT, CHIP_BOOT_LOCK,
	CHIP_WATCHDOG, CHIP_WINDOW_WATCHDOG,	/* 0: runs from reset on */
	CHIP_BROWN_OUT,
	CHIP_RESET_PIN,
	CHIP_PCROP_MODE,	/* lets the bits of write protection mean PCROP, the other way round */
	CHIP_PCROP,
	CHIP_SECRETS,		/* whether lowering read protection erases PCROP and secure areas */
	CHIP_SECURE_AREA,
	CHIP_AREA_LOCK,		/* 0: an area can't change any more */
	CHIP_TRUSTZONE,
	CHIP_LIFE_CYCLE,	/* product states, roots of trust */
	CHIP_SECOND_CORE,	/* belongs to it */
	CHIP_CALIBRATION,
	CHIP_OTP_LOCKS,		/* a bit for each OTP block; only ever set */
	CHIP_COUNTER,		/* only ever grows */
	CHIP_LOW_SUPPLY,	/* 1: fast pins, for a VDD below 2.7 V alone */
	CHIP_LOW_SIDE_SUPPLY,	/* the same of another supply pin, which no probe measures */
	CHIP_DATA_AREA,		/* takes the last sectors of a bank */
	CHIP_RAM_MAP,		/* other addresses or sizes for RAM */
};

struct chip_option_field {
	char name[24];
	uint8_t word;		/* index into words */
	uint8_t high, low;	/* bits, both included */
	char about[120];
	struct chip_value values[CHIP_VALUES];
	size_t value_count;
	bool has_other;
	uint32_t other;		/* any value not listed means the same as this one (RDP) */
	bool dangerous;		/* some value can't be undone */
	uint32_t forever;	/* that value, when dangerous */
	bool erases;		/* going back to one value erases the flash */
	uint32_t erases_to;	/* that value, when erases */
	bool closes_port;	/* the value that can't be undone ends debugging */
	bool lasting;		/* only the end of read protection, which erases, takes a change back */
	bool one_way;		/* nothing takes any change back */
	bool unverified;	/* only one source has it, and another one does not */
	enum chip_option_role role;
};

enum { CHIP_NO_FIELD = 0xFF };

/* Flash that fields protect: by a bit for each unit, from a first to a last unit (first above last = nothing), or
 * by how many units from the start. Rows of one name are one set. */
struct chip_option_area {
	char name[8];		/* "WRP", "PCROP", "SEC", "HDP" */
	uint32_t bank;		/* 1 or 2, as the controller counts; 0 = units count over all of flash */
	bool shared;		/* of bank 2; with one bank it counts from the start, too */
	uint8_t bits, first, last, size;	/* fields, or CHIP_NO_FIELD */
	uint32_t first_bit, count;	/* of bits, when not all of them */
	uint32_t skip;		/* units before the first bit */
	uint32_t protects;	/* what a bit is when it protects */
	bool rest;		/* the last bit is for all that follows */
	uint32_t unit, sectors;	/* bytes, or sectors; neither = a sector */
	bool wide;		/* twice as many bytes with one bank */
	bool pairs;		/* first equal to last is not one unit */
	uint8_t enable;		/* a field; while it is off, nothing is protected */
	uint32_t off;
	uint8_t lock;		/* a field; while it is 0, nothing here can change */
	struct chip_condition when;	/* mask 0 = always */
};

struct chip_option_rule {	/* while set holds, needs has to hold */
	struct chip_condition set, needs;
	char about[80];		/* "dual boot needs two banks (nDBANK=dual)" */
};

struct chip_bits {		/* read-modify-write while attached, put back on detach */
	uint32_t address, set;
	bool low_power;		/* skipped with --no-low-power-debug */
	bool clock;		/* without it the others can't be read or written */
};

/* A sleeping core hides from its own port: these bits of DBGMCU, through another one, keep its clock. */
struct chip_wake {
	uint32_t ap, address, set;	/* address 0 = not needed */
	uint32_t same;			/* the same register on the core's bus */
};

struct chip_swo {		/* gives the trace port (TPIU) its one pin; address 0 = not stated */
	uint32_t address, mask, value;
	uint32_t unit, funnel;	/* H7: the chip's own SWO instead, and what is in front of it */
};

/* On the way to a faster clock: change these bits of a register, then read until those of ready are set. */
struct chip_clock_step {
	uint32_t address, mask, value, ready;
};

struct chip_reset_flag {	/* a bit of the reset cause register */
	uint32_t mask;
	char name[24];		/* "watchdog" */
};

struct chip {
	char file[64];		/* "stm32f405.cfg" */
	char name[64];		/* "STM32F405/407/415/417" */
	char family[12];	/* "F4" */
	enum chip_core core;
	bool fpu;
	uint8_t ap;
	enum chip_core second_core;	/* of parts with cores = 2 */
	bool second_fpu;
	uint8_t second_ap;
	unsigned core_count;	/* of the part chosen by name; 1 when it is not known */
	char known_only[120];	/* why this chip is named and refused; "" = it isn't */
	uint32_t swd_khz;	/* safe at the slowest clock after reset; 0 = any */
	uint32_t dpidr, cpuid;	/* usual values; 0 = not stated */
	uint32_t idcode;	/* the whole id register of a common revision */

	struct chip_id ids[CHIP_IDS];
	size_t id_count;
	struct chip_revision revisions[CHIP_REVISIONS], clones[CHIP_REVISIONS];
	size_t revision_count, clone_count;
	struct chip_part parts[CHIP_PARTS];
	size_t part_count;

	struct chip_region regions[CHIP_REGIONS];
	size_t region_count;
	struct chip_alias aliases[CHIP_ALIASES];
	size_t alias_count;

	char controller[12];	/* "f4": flash/f4.c drives it; "" = none */
	uint32_t flash_registers;
	uint32_t flash_secure;	/* secure alias of the first bank; 0 = none */
	uint32_t flash_secure_pages;	/* registers with a bit for each page: secure until reset; 0 = not known */
	bool secure;		/* TrustZone is on and this debugger is let in: banks are at the secure alias */
	struct chip_bank banks[CHIP_BANKS];	/* of the layout that holds for size and option words */
	size_t bank_count;
	struct chip_layout layouts[CHIP_LAYOUTS];	/* the first one that holds counts */
	size_t layout_count;
	size_t layout;			/* which one holds now */
	struct chip_layout only_layout;	/* a file that has just banks; it is layouts[0] then */
	struct chip_condition swap;	/* the second bank stands at the first one's address */
	struct chip_remap remap;	/* the same, by firmware and boot ROM; address 0 = there is none */
	bool remapped;			/* as remap_read() has found it */
	bool swapped;
	struct chip_condition trustzone;	/* TZEN */
	struct chip_reserved reserved[CHIP_RESERVED];
	size_t reserved_count;
	uint32_t size_address;	/* u16 KiB */
	uint32_t size_mask;	/* bits of it that count */
	struct chip_size_code size_codes[CHIP_SIZE_CODES];	/* any other value is KiB */
	size_t size_code_count;
	uint32_t flash_kib;	/* as last set; the size register's, before anything is reserved */
	uint32_t flash_kib_max;	/* what the file lists */
	uint8_t erased;		/* value of an erased byte */

	uint32_t uid_address;
	bool uid_split;		/* its words are at +0x00, +0x04, +0x14 */
	uint32_t otp_base, otp_size, otp_block, otp_locks;
	uint32_t otp_unit;	/* bytes that are programmed at once */
	uint8_t otp_locked;

	struct chip_option_word option_words[CHIP_OPTION_WORDS];
	size_t option_word_count;
	char option_caution[160];	/* a sentence for whoever writes option bytes; "" = none */
	char unprotect_caution[160];	/* the same, for taking read protection off */
	struct chip_option_field option_fields[CHIP_OPTION_FIELDS];
	size_t option_field_count;
	struct chip_option_area option_areas[CHIP_OPTION_AREAS];
	size_t option_area_count;
	struct chip_option_rule option_rules[CHIP_OPTION_RULES];
	size_t option_rule_count;

	struct chip_wake wake;
	struct chip_bits while_attached[CHIP_BITS_SET];
	size_t while_attached_count;
	struct chip_swo swo;

	uint32_t reset_clock_hz;	/* core clock after reset */
	uint32_t fast_clock_hz;		/* after these steps; 0 = it is left alone */
	struct chip_clock_step fast_clock[CHIP_CLOCK_STEPS];	/* wait states first */
	size_t fast_clock_count;
	uint32_t reset_cause_address;	/* RCC_CSR; 0 = not stated */
	struct chip_reset_flag reset_flags[CHIP_RESET_FLAGS];	/* most telling first */
	size_t reset_flag_count;
	uint32_t watchdog_address;	/* IWDG_KR; 0 = none */
	uint32_t crc_unit;	/* polynomial 04C11DB7 after reset; 0 = not stated */
	uint32_t crc_enable;	/* register with the bit of its clock */
	uint8_t crc_bit;
};

/* A row of the index made at build time: enough to choose a chip without parsing its file. */
struct chip_index {
	const char *file;
	const char *name;
	const char *parts;	/* comma list of part patterns */
	const char *text;	/* the whole file */
	size_t length;
	uint32_t cpuid, dpidr;	/* usual values; 0 = not stated */
	uint32_t ap, swd_khz;
	bool known_only;
	struct chip_wake wake;
	struct chip_id ids[CHIP_IDS];
	size_t id_count;
};

/* The rows of build/chips.c, made by scripts/embed-chips.c. */
extern const struct chip_index chips_builtin[];
extern const size_t chips_builtin_count;

/* The chips known: built-in ones, and those of a folder (NULL = none; its files come first). Keeps
 * nothing of dir. E_SYSTEM, E_CONFIG with "FILE:LINE: ..." in why. */
struct chip_library;
int chip_library_open(struct chip_library **out, const char *dir, struct why *why);
void chip_library_close(struct chip_library *library);
size_t chip_library_count(const struct chip_library *library);
const struct chip_index *chip_library_row(const struct chip_library *library, size_t i);

/* Parses one file's text and checks it. *chip is cleared first. E_CONFIG with "FILE:LINE: ..." in
 * why. Pure; fuzzed. */
int chip_parse(struct chip *chip, const char *file, const char *text, size_t length,
	       struct why *why);
/* Loads the chip of a part name ("STM32F407VG", any case, or a chip file's name); also the size
 * that the name states goes into the banks. E_CHIP with the nearest names in why. */
int chip_find_part(struct chip *chip, const struct chip_library *library, const char *part,
		   struct why *why);
/* Loads the chip with this id value read at that address through that access port (banks at their
 * maximum). cpuid 0 = no Cortex-M answers. E_CHIP when none has it, or none that has this CPU. */
int chip_find_id(struct chip *chip, const struct chip_library *library, const struct chip_id *place,
		 uint32_t idcode, uint32_t cpuid, struct why *why);
/* A chip that nothing is known of but its CPU: RAM and peripherals, no flash. */
void chip_make_unknown(struct chip *chip, uint32_t cpuid);

/* The name of the silicon revision that an id states ("V"); "" when it is not listed. */
const char *chip_revision_name(const struct chip *chip, uint32_t idcode);

/* Lays out the banks for kib and the option words. E_ARGUMENT when it is not a size this chip has;
 * the banks stay as they were. */
int chip_set_flash_size(struct chip *chip, uint32_t kib);
/* One layout alone, whatever the option words say: can it have kib, and the banks then. */
bool chip_layout_fits(const struct chip_layout *layout, uint32_t kib);
void chip_layout_banks(const struct chip_layout *layout, uint32_t kib, struct chip_bank *banks);
/* The KiB that a value of the size register means; 0 = none that makes sense. */
uint32_t chip_meant_size(const struct chip *chip, uint32_t size_register);
/* Notes the value that an option word has, and lays out the banks anew. */
void chip_set_option_word(struct chip *chip, size_t word, uint32_t value);
/* The same for one field by name (any case). E_ARGUMENT: no such field, or the value does not fit. */
int chip_set_option(struct chip *chip, const char *field, uint32_t value);
/* Notes what the remap bit says, and lays out the banks anew. */
void chip_set_remapped(struct chip *chip, bool remapped);
/* Whether the layout depends on this option word. */
bool chip_word_matters(const struct chip *chip, size_t word);
/* For an address outside of the banks: the field that has given it to somebody else (CPU2, data area); NULL = it
 * is no flash at all. */
const struct chip_option_field *chip_reserved_by(const struct chip *chip, uint32_t address);
/* Whether the banks of a chip of this size depend on a field (DBANK, SWAP_BANK and their like). */
bool chip_field_matters(const struct chip *chip, const struct chip_option_field *field);
/* True while the option words are so; false without a condition. */
bool chip_holds(const struct chip *chip, const struct chip_condition *condition);

/* TrustZone is on: says so of a chip whose size is known, once. Its flash is at the secure alias from then on, and
 * the other addresses are an alias of that. E_CHIP when the file does not know how. */
int chip_set_secure(struct chip *chip);
bool chip_is_secure(const struct chip *chip);
enum { CHIP_SECURE_BIT = 1 << 28 };	/* in an address: the secure alias */
uint32_t chip_flash_size(const struct chip *chip);	/* bytes, all banks */

struct chip_sector {
	uint32_t base, size;
	unsigned bank, number;	/* number counts within the bank */
	unsigned index;		/* counts over the whole chip */
};
/* The flash sector that holds address; false if none. */
bool chip_sector_at(const struct chip *chip, uint32_t address, struct chip_sector *out);
/* The i-th sector of the whole chip; false past the end. */
bool chip_sector_number(const struct chip *chip, unsigned index, struct chip_sector *out);
/* The region (not flash) that holds address, or NULL. */
const struct chip_region *chip_region_at(const struct chip *chip, uint32_t address);
/* True for flash and its aliases; *real = the flash address behind. */
bool chip_flash_address(const struct chip *chip, uint32_t address, uint32_t *real);

struct virtual_spec;
/* Fills the spec of a virtual board from the chip; part is the name it was asked for by. */
void chip_virtual_spec(const struct chip *chip, const char *part, struct virtual_spec *spec);

#endif
