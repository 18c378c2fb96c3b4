# SPDX-License-Identifier: MIT
#
# Flash contents to and from files: formats of other people's tools, a board copied to another, scripts, what is
# shown on a terminal, and what is left behind when it is broken off.
import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time

from support import (BOARD, FIRMWARE, TETHER, Server, check, equal, expect, gdb, main, on_usb, random_bytes,
                     tether)

DEMO = os.path.join(FIRMWARE, "demo.elf")
FLASH = 0x08000000


def run(*commands, board=BOARD):
    """Runs monitor commands that have to succeed; returns what they printed."""
    code, out, err = tether("run", "--probe", board, *commands)
    equal(code, 0, "exit code of %s; it said: %s%s" % (commands, out, err))
    return out


def fails(*commands, board=BOARD):
    """Runs monitor commands of which one has to fail; returns what was said about it."""
    code, out, err = tether("run", "--probe", board, *commands)
    equal(code, 1, "exit code of %s; it said: %s%s" % (commands, out, err))
    return err


def objcopy(source, target, form, *more):
    subprocess.run(["arm-none-eabi-objcopy", *more, "-O", form, source, target], check=True)
    return target


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def put(path, content):
    with open(path, "wb" if isinstance(content, bytes) else "w") as file:
        file.write(content)
    return path


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield lambda name: os.path.join(path, name)


def writes_what_other_tools_make():
    with folder() as at:
        wanted = contents(objcopy(DEMO, at("demo.bin"), "binary", "--gap-fill", "0xff"))
        files = [DEMO, at("demo.bin"), objcopy(DEMO, at("demo.hex"), "ihex"),
                 objcopy(DEMO, at("demo.srec"), "srec")]
        for file in files:
            out = run("flash write " + file, "flash verify " + file, "mem read 0x%x %d %s"
                      % (FLASH, len(wanted), at("back.bin")))
            expect(out, r"\d+ bytes in .* verified", r"\d+ bytes are the same")
            equal(contents(at("back.bin")), wanted, "flash after writing " + file)


def other_tools_read_what_is_written():
    with folder() as at:
        data = put(at("in.bin"), random_bytes(150001))
        run("flash write %s 0x08010001" % data,
            *["flash read %s 0x08010001 150001" % at("out" + end) for end in (".bin", ".hex", ".srec", ".elf")])
        equal(contents(at("out.bin")), contents(data), "binary")
        equal(contents(objcopy(at("out.hex"), at("hex.bin"), "binary", "-I", "ihex")), contents(data), "Intel HEX")
        equal(contents(objcopy(at("out.srec"), at("srec.bin"), "binary", "-I", "srec")), contents(data), "S-records")
        equal(contents(objcopy(at("out.elf"), at("elf.bin"), "binary")), contents(data), "ELF")
        with Server() as server:        # GDB loads it, too
            out = gdb(server, at("out.elf"), "load", "compare-sections")
        expect(out, r"Loading section \.flash, size 0x249f1 lma 0x8010001", r"matched")


def copies_a_board():
    """All of flash, to a second chip; option bytes and OTP are the same from the start."""
    with folder() as at:
        first = BOARD + ",image=" + at("first.img")
        put(at("low.bin"), random_bytes(150000))
        put(at("high.bin"), random_bytes(100000))
        run("flash write " + at("low.bin"), "flash write %s 0x%x" % (at("high.bin"), FLASH + (1 << 20) - 100000),
            board=first)
        for end in (".bin", ".hex"):
            copy, second = at("copy" + end), BOARD + ",image=" + at("second.img" + end)
            expect(run("flash read " + copy, board=first), r"1048576 bytes from 0x08000000")
            expect(run("flash write " + copy, "flash verify " + copy, board=second), r"1048576 bytes are the same")
            check(contents(at("first.img")) == contents(at("second.img" + end)), "the chips differ: " + end)


def the_map_is_readable():
    with folder() as at:
        out = run("flash write %s 0x08020000" % put(at("x.bin"), random_bytes(200000)), "flash info")
    expect(out, r"bank 0 +0x08000000 to 0x080fffff, 1024 KiB", r"^ +0x08000000 +4 x +16 KiB +\.\.\.\.$",
           r"^ +0x08020000 +7 x 128 KiB +##\.\.\.\.\.$", r"# written: 2, \. blank: 10", r"loader on")


def bad_files_are_told_with_line_and_reason():
    with folder() as at:
        text = open(objcopy(DEMO, at("demo.hex"), "ihex")).read().splitlines()
        text[20] = text[20][:-1] + ("0" if text[20][-1] != "0" else "1")
        err = fails("flash write " + put(at("bad.hex"), "\n".join(text) + "\n"))
        expect(err, r"bad\.hex: line 21: the checksum is .., not ..")
        err = fails("flash write " + put(at("cut.hex"), "\n".join(text[:15]) + "\n"))
        expect(err, r"cut\.hex: line 15: the file ends without an end record")
        err = fails("flash write " + put(at("cut.elf"), contents(DEMO)[:3000]))
        expect(err, r"cut\.elf: the ELF file is damaged")
        expect(fails("flash write /usr/bin/env"), r"not for a little-endian 32-bit Arm")
        expect(fails("flash write " + at("none.bin")), r"No such file")
        expect(fails("flash write %s" % at("")), r"can't be read: Is a directory")
        expect(fails("flash read %s 0x20000000 16" % at("x.bin")),
               r"0x20000000 is outside of flash.*flash 0x08000000 to 0x080fffff; sram")
        big = put(at("big.bin"), random_bytes((1 << 20) + 1))
        expect(fails("flash write " + big), r"0x08100000 is outside of flash \(1024 KiB at 0x08000000\)")
        check(not os.path.exists(at("x.bin")), "a file was left behind")


def scripts_name_the_line_that_failed():
    with folder() as at:
        script = put(at("job.txt"), "# copy\n\nflash write \"%s\"\nmdw 0x08000000\nmdw 0x60000000\nmdw 0\n" % DEMO)
        code, out, err = tether("run", "--probe", BOARD, "@" + script)
        equal(code, 1, "exit code")
        expect(out, r"verified", r"^0x08000000: ")
        expect(err, r"job\.txt:5: mdw 0x60000000: ")
        equal(len(out.splitlines()), 2, "lines of output")
        code, out, _ = tether("run", "--json", "--probe", BOARD, "@" + script)
        rows = [json.loads(line) for line in out.splitlines()]
        equal([row["ok"] for row in rows], [True, True, False], "ok")
        equal(sorted(rows[0]), ["bytes", "cause", "command", "message", "ms", "ok"], "keys")
        check(rows[0]["bytes"] > 4096 and rows[0]["ms"] > 0 and rows[0]["cause"] is None, rows[0])
        check("bus fault" in rows[2]["cause"], rows[2])


def on_a_terminal(*arguments):
    """Runs tether with a terminal as its stderr; returns (stdout, what was on the terminal)."""
    master, slave = pty.openpty()
    process = subprocess.Popen([TETHER, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    seen = b""
    with contextlib.suppress(OSError):          # EIO is the end of it
        while True:
            part = os.read(master, 4096)
            if not part:
                break
            seen += part
    out = process.communicate(timeout=20)[0].decode()
    os.close(master)
    equal(process.returncode, 0, "exit code; it said %r" % seen)
    return out, seen.decode()


def progress_is_for_terminals():
    with folder() as at:
        data = put(at("x.bin"), random_bytes(200000))
        out, seen = on_a_terminal("run", "--probe", BOARD, "flash write " + data, "flash read " + at("y.hex"))
        expect(seen, r"\r +\d+ % of 196 KiB", r"\r100 % of 196 KiB", r"\r\x1b\[K", r"\r +\d+ % of 1024 KiB")
        check("%" not in out, out)
        _, _, err = tether("run", "--probe", BOARD, "flash write " + data)
        check("%" not in err, err)
        _, seen = on_a_terminal("run", "--json", "--probe", BOARD, "flash write " + data)
        expect(seen, r"100 %")


def broken_off_reads_leave_nothing():
    """SIGTERM in the middle: the old file is whole, the new one is not there."""
    with folder() as at:
        put(at("old.bin"), b"old")
        for name in ("old.bin", "new.bin"):
            process = subprocess.Popen([TETHER, "run", "--probe", BOARD + ",pace=real", "flash read " + at(name)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
            expect(process.stderr.readline(), r"Connected")
            time.sleep(0.3)     # reading takes 7 s; there is no event to wait for in the middle of it
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=5)
            equal(process.returncode, 1, "exit code; it said: " + err)
            expect(err, r"interrupted")
        equal(os.listdir(at("")), ["old.bin"], "files")
        equal(contents(at("old.bin")), b"old", "the old file")


BROKEN_OFF = """
set -e
export XDG_RUNTIME_DIR=.
$TETHER --log flash run 'flash write big.bin' 2>log & load=$!
n=0
until grep -q '[1-9] of 600000 bytes' log; do n=$((n + 1)); [ $n -lt 500 ]; sleep 0.02; done
kill $load
wait $load || true
echo broken off
$TETHER run 'halt'
$TETHER run 'flash write small.bin' 'flash info'
echo ---
$TETHER run 'flash write big.bin' 'flash verify big.bin'
echo ---
$TETHER run 'flash info'
ls -A tether
"""


def the_next_process_knows_of_a_load_that_broke_off():
    """On a probe that outlives the process: a half-written chip does not look whole to the next one."""
    with folder() as at:
        put(at("big.bin"), random_bytes(600000))
        put(at("small.bin"), b"abcd")
        program = os.path.abspath(TETHER)
        code, out = on_usb("STM32F407VG", "sh", "-c", "cd %s; TETHER=%s; %s" % (at(""), program, BROKEN_OFF), timeout=60)
    equal(code, 0, "exit code; it said: " + out)
    known = r"A load broke off: flash from 0x08000000 to 0x0809ffff is not complete"
    before, partly, whole, after = re.split(r"^(?:broken off|---)$", out, flags=re.M)
    expect(partly, known, r"stays halted", known)           # also once a part of it is written anew
    expect(whole, known, r"600000 bytes are the same")
    check("not complete" not in after and "unfinished" not in after, after)


def gdb_uses_it_too():
    with folder() as at:
        image = at("chip.img")
        with Server(board=BOARD + ",image=" + image) as server:
            out = gdb(server, "demo.elf", "monitor flash write " + DEMO, "compare-sections", "monitor flash info",
                      "x/wx 0x08000000", "flash-erase", "x/wx 0x08000000",
                      "restore %s binary 0x08000000" % put(at("x.bin"), b"abcd"), "x/wx 0x08000000",
                      "set {char}0x1fff7800 = 0", "monitor mwb 0x1fff7800 0", "x/bx 0x1fff7800",
                      "monitor help flash write")
    expect(out, r"demo\.elf \(ELF\): \d+ bytes in", r"matched", r"# written: 1",
           r"0x8000000.*:\s+0x2", r"Erasing flash memory region", r"0x8000000.*:\s+0xffffffff",
           r"Writing to flash memory forbidden in this context",     # GDB itself, before any packet
           r"0x8000000.*:\s+0xffffffff", r"Cannot access memory at address 0x1fff7800|Writing to",
           r"one-time programmable", r"0x1fff7800:\s+0xff", r"Write ELF, Intel HEX", r"flash write build/app\.elf")


main(writes_what_other_tools_make, other_tools_read_what_is_written, copies_a_board, the_map_is_readable,
     bad_files_are_told_with_line_and_reason, scripts_name_the_line_that_failed, progress_is_for_terminals,
     broken_off_reads_leave_nothing, the_next_process_knows_of_a_load_that_broke_off, gdb_uses_it_too)
