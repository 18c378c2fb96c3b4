#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# SWO end to end: firmware that raises its clock and prints through the ITM, GDB's console, and a reader of
# the raw stream, in process and over USB.
import os
import re
import socket
import time

from support import BUILD, FIRMWARE, Rsp, Server, UsbServer, check, expect, gdb, main

ELF = os.path.join(FIRMWARE, "trace.elf")


def gdb_shows_what_firmware_prints():
    with Server(board="virtual:STM32F407VG,pace=real") as server:
        said = gdb(server, ELF, "load", "monitor swo on cpu=168M", "break wait_ms", "continue", "continue",
                   "continue", "monitor swo off", "monitor swo", "kill")
    expect(said, r"SWO at 2000000 Hz; core clock 168000000 Hz, as told", r"^trace 0$", r"Breakpoint 1",
           r"^trace 1$", r"Breakpoint 1", r"^trace 2$", r"Breakpoint 1", r"SWO is off")


def swo_port(server):
    found = re.search(r"SWO as it comes.*port (\d+)", server.said())
    check(found, "no SWO port in: " + server.said())
    return int(found.group(1))


def expect_on(port, text, start):
    """Port 0 says that on the SWO port, after start() was called."""
    raw = b""
    with socket.create_connection(("127.0.0.1", port), 5) as stream:
        stream.settimeout(5)
        start()
        while text not in port_0(raw):
            check(len(raw) < 10000, "%r is not in %r" % (text, raw[:400]))
            raw += stream.recv(65536)


def port_0(raw):
    """The one-byte packets of stimulus port 0."""
    return bytes(raw[i + 1] for i in range(0, len(raw) - 1) if raw[i] == 1 and (i == 0 or raw[i - 1] != 1))


def stop(client):
    client.raw(b"\x03")
    while not client.packet().startswith(b"T"):
        pass


def a_reader_gets_the_stream(server):
    gdb(server, ELF, "load", "detach")
    client = Rsp(server)
    client.ask("qSupported:multiprocess+;vContSupported+")
    client.ask("?")
    expect_on(swo_port(server), b"trace 3\ntrace 4\ntrace 5\n", lambda: client.send("vCont;c"))
    stop(client)
    client.close()


def raw_stream_in_process():
    with Server("--swo-port", "0", "--cpu-clock", "168000000",
                board="virtual:STM32F407VG,pace=real") as server:
        a_reader_gets_the_stream(server)


def raw_stream_over_usb():
    with UsbServer("--swo-port", "0", "--swo-speed", "500000", "--cpu-clock", "168000000") as server:
        a_reader_gets_the_stream(server)


def console_while_it_runs():
    """The clock is not told: it is measured when the firmware has raised it."""
    with Server(board="virtual:STM32F407VG,pace=real") as server:
        gdb(server, ELF, "load", "detach")
        client = Rsp(server)
        client.ask("qSupported:multiprocess+;vContSupported+")
        client.ask("?")
        client.monitor("swo on")
        client.send("vCont;c")
        text, end = "", time.monotonic() + 10
        while "trace 7\ntrace 8\n" not in text:
            check(time.monotonic() < end, "not in: %r" % text)
            packet = client.packet()
            check(packet.startswith(b"O"), "%r" % packet)
            text += bytes.fromhex(packet[1:].decode()).decode("latin-1")
        stop(client)
        check("core clock 16" in client.monitor("swo"), "not measured: " + client.monitor("swo"))
        client.close()


if __name__ == "__main__":
    main(gdb_shows_what_firmware_prints, raw_stream_in_process, raw_stream_over_usb, console_while_it_runs)
