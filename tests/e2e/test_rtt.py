# SPDX-License-Identifier: MIT
#
# RTT as cortex-debug sets it up with OpenOCD's words, and a terminal on the port. The firmware's part, filling
# its buffer, is played by a client that writes memory while the program runs.
import socket
import struct

from support import Rsp, Server, check, equal, expect, gdb, main

BLOCK, NAME, UP, DOWN, SIZE = 0x20010000, 0x20010100, 0x20010200, 0x20010300, 128


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(rsp, address, data):
    equal(rsp.ask("M%x,%x:%s" % (address, len(data), data.hex())), "OK", "write at 0x%x" % address)


def word(rsp, address):
    return struct.unpack("<I", bytes.fromhex(rsp.ask("m%x,4" % address)))[0]


def reads_and_writes_a_terminal():
    port = free_port()
    with Server() as server:
        gdb(server, "demo.elf", "load", "detach")
        rsp, firmware = Rsp(server), Rsp(server)
        check(rsp.ask("?").startswith("T"), "halted")
        firmware.ask("qSupported")
        block = b"SEGGER RTT".ljust(16, b"\0") + struct.pack("<II", 1, 1)
        block += struct.pack("<6I", NAME, UP, SIZE, 0, 0, 0) + struct.pack("<6I", NAME, DOWN, SIZE, 0, 0, 0)
        write(firmware, NAME, b"Terminal\0")
        write(firmware, BLOCK, block)
        for command in ("rtt setup 0x%x 0x400 \"SEGGER RTT\"" % BLOCK, "rtt polling_interval 20", "rtt start",
                        "rtt server start %d 0" % port):
            text = rsp.monitor(command)
            check("Unknown" not in text and "wanted" not in text, text)
        expect(rsp.monitor("rtt channels"), r"up +0 +Terminal, 128 bytes")
        with socket.create_connection(("127.0.0.1", port), 5) as terminal:
            terminal.settimeout(10)
            rsp.send("c")
            write(firmware, UP, b"hello from the target\n")
            write(firmware, BLOCK + 24 + 12, struct.pack("<I", 22))
            got = b""
            while len(got) < 22:
                got += terminal.recv(100)
            equal(got, b"hello from the target\n", "text")
            terminal.sendall(b"typed\n")
            for _ in range(500):
                if word(firmware, BLOCK + 48 + 12) == 6:
                    break
            equal(bytes.fromhex(firmware.ask("m%x,6" % DOWN)), b"typed\n", "what the firmware gets")
            rsp.raw(b"\x03")
            check(rsp.packet().startswith(b"T02"), "stopped")
            rsp.monitor("rtt server stop %d" % port)
            equal(terminal.recv(10), b"", "the port is closed")


def a_port_that_is_taken_is_told():
    with Server() as server, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        rsp = Rsp(server)
        rsp.ask("?")
        rsp.monitor("rtt server start %d 0" % taken.getsockname()[1])
        expect(rsp.monitor("rtt"), r"RTT channel 0: port \d+ is in use")
        check("channel 0 " not in rsp.monitor("rtt"), "it shows a port that is none")


main(reads_and_writes_a_terminal, a_port_that_is_taken_is_told)
