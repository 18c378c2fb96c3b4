# SPDX-License-Identifier: MIT
#
# Probes on USB, played by the virtual ST-LINK behind a mock bus and met through the real libusb: which are
# listed, which is chosen, and what is said when one can't be had.
import json
import os
import subprocess
import sys

from support import BUILD, TETHER, check, equal, expect, main, on_usb

DOOR = os.path.join(BUILD, "tether-virtual-usb")
FIRST = "STM32F407VG,serial=0670FF"
SECOND = "STM32F407VG,firmware=V3J7M3,serial=0031AB"


def plugged(probes, *arguments):
    """Runs tether with these probes plugged in; returns (exit code, stdout, stderr)."""
    run = subprocess.run([DOOR, *probes, "--", TETHER, *arguments], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=20)
    return run.returncode, run.stdout, run.stderr


def lists_probes_serial_number_first():
    code, out, _ = plugged([FIRST, "--also", SECOND], "list")
    equal(code, 0, "exit code")
    rows = sorted(line.split(None, 1) for line in out.splitlines())
    equal([row[0] for row in rows], ["0031AB", "0670FF"], "serial numbers")
    expect(rows[0][1], r"^STLINK-V3 +V3J7M3(B\d+)? +usb:1-\d +ready")
    expect(rows[1][1], r"^ST-LINK/V2 +V2J37S7 +usb:1-\d +ready")


def lists_probes_as_json():
    code, out, _ = plugged([FIRST, "--also", SECOND, "--busy", "--also", "STM32F407VG", "--locked"],
                           "list", "--json")
    equal(code, 0, "exit code")
    probes = {probe["path"]: probe for probe in json.loads(out)["probes"]}
    equal(len(probes), 3, "probes")
    ready, busy, locked = (probes[path] for path in ("usb:1-1", "usb:1-2", "usb:1-3"))
    equal((ready["serial"], ready["vendor"], ready["product"], ready["firmware"], ready["usable"],
           ready["error"]), ("0670FF", "0483", "3748", "V2J37S7", True, None), "a free probe")
    equal((busy["model"], busy["usable"]), ("STLINK-V3", False), "a busy probe")
    expect(busy["error"], r"held by another")
    expect(locked["error"], r"permission")
    expect(locked["advice"], r"60-tether\.rules")


def chooses_by_serial_number_or_place():
    both = [FIRST, "--also", SECOND]
    for selector, serial in (("0670FF", "0670FF"), ("0670ff", "0670FF"), ("003", "0031AB"),
                             ("usb:1-1", "0670FF"), ("usb:1-2", "0031AB")):
        code, out, err = plugged(both, "run", "--probe", selector, "probe")
        equal(code, 0, "exit code with %s: %s" % (selector, err))
        expect(out, serial)


def looks_like_the_real_ones():
    """To lsusb: a V2 whose old firmware has 12 raw bytes for a serial number, a V2-1 and a V3."""
    hexadecimal = "4142434445464748494A4B4C"
    for firmware, product, name, serial, ends, size, power in (
            ("V2J16S0", "3748", "STM32 STLink", "ABCDEFGHIJKL", ("81", "02", "83"), 64, 100),
            ("V2J45M31", "374b", "STM32 STLink", hexadecimal, ("81", "01", "82"), 64, 500),
            ("V3J7M3", "374e", "STLINK-V3", hexadecimal, ("81", "01", "82"), 512, 500)):
        code, text = on_usb("STM32F407VG,firmware=%s,serial=%s" % (firmware, hexadecimal), "lsusb", "-v")
        equal(code, 0, text)
        expect(text, r"ID 0483:%s STMicroelectronics %s$" % (product, name), r"bcdUSB +2\.00",
               r"iManufacturer +1 STMicroelectronics$", r"iProduct +2 %s$" % name, r"iSerial +3 %s$" % serial,
               r"MaxPower +%dmA" % power, r"bInterfaceClass +255", r"iInterface +4 ST-Link Debug")
        expect(text, *(word for end in ends for word in (r"bEndpointAddress +0x" + end, r"Transfer Type +Bulk",
                                                         r"wMaxPacketSize +0x%04x" % size)))
        check("cannot" not in text, text)


def tells_apart_what_is_alike():
    """Boards of the same chip get serial numbers of their own; clones may share one."""
    twins = ["STM32F407VG", "--also", "STM32F407VG", "--also", "STM32F407VG"]
    code, out, _ = plugged(twins, "list")
    equal((code, len({line.split()[0] for line in out.splitlines()})), (0, 3), out)
    clones = [FIRST, "--also", FIRST]
    code, _, err = plugged(clones, "run", "--probe", "0670FF", "probe")
    equal(code, 4, err)
    expect(err, r"by serial number or place: 0670FF \(ST-LINK/V2, usb:1-\d\), 0670FF \(ST-LINK/V2, usb:1-\d\)")
    code, out, err = plugged(clones, "run", "--probe", "usb:1-2", "probe")
    equal(code, 0, err)


def refuses_what_it_does_not_understand():
    for arguments, words in ((["--also"], "--also wants a board"), (["--hurry", "0"], "from 1 to 1000"),
                             (["--log", "x"], "--log wants channels"), (["--locket"], "'--locket' means nothing")):
        code, out, err = plugged([FIRST, *arguments], "list")
        equal((code, out), (2, ""), err)
        expect(err, words)


def says_why_it_has_no_probe():
    for probes, arguments, status, words in (
            ([FIRST, "--also", SECOND], [], 4, ("0670FF", "0031AB", "--probe")),
            ([FIRST, "--also", SECOND], ["--probe", "9999"], 3, ("9999", "0670FF")),
            ([FIRST, "--also", SECOND], ["--probe", "usb:9-9"], 3, ("usb:9-9",)),
            ([FIRST, "--locked"], [], 7, ("60-tether.rules",)),
            ([FIRST, "--busy"], [], 1, ("0670FF", "close the other")),
            ([FIRST, "--unplugged"], [], 3, ("no ST-LINK",))):
        code, out, err = plugged(probes, "--port", "0", *arguments)
        equal((code, out), (status, ""), "exit code and stdout with %s %s: %s" % (probes, arguments, err))
        for word in words:
            check(word in err, "%r is not in %r" % (word, err))


if not os.path.exists(DOOR):
    print("%s is not built" % DOOR)
    sys.exit(77)
main(looks_like_the_real_ones, lists_probes_serial_number_first, lists_probes_as_json, chooses_by_serial_number_or_place,
     tells_apart_what_is_alike, refuses_what_it_does_not_understand, says_why_it_has_no_probe)
