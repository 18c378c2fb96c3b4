# SPDX-License-Identifier: MIT
#
# Sessions through the real libusb, with a virtual ST-LINK behind a mock bus: loading, stepping, faults of
# the bus, and a cable that is pulled out and put back.
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from support import BUILD, FIRMWARE, TETHER, Rsp, UsbServer, check, equal, expect, gdb, main, on_usb

BOARD = "STM32F407VG"
DEMO = os.path.join(FIRMWARE, "demo.elf")
LOAD = ("load", "compare-sections")


def symbol(name):
    out = subprocess.run(["arm-none-eabi-nm", DEMO], capture_output=True, text=True, check=True).stdout
    return next(int(row.split()[0], 16) for row in out.splitlines() if row.split()[-1] == name) & ~1


def loads_breaks_and_steps():
    for firmware in ("V2J16S0", "V2J37S7", "V2J45M31", "V3J7M3"):
        with UsbServer(board=BOARD + ",firmware=" + firmware) as server:
            text = gdb(server, "demo.elf", *LOAD, "break station_check", "continue", "next", "step")
            expect(text, r"Transfer rate", r"matched", r"Breakpoint 1, station_check")
            check("MIS-MATCHED" not in text, text)


def binary_serial_numbers_are_chosen_by_their_hex_form():
    serial = "0123456789ABCDEF00112233"
    board = "%s,firmware=V2J16S0,serial=%s" % (BOARD, serial)
    code, text = on_usb(board, TETHER, "run", "--probe", "012345", "probe")
    equal(code, 0, text)
    expect(text, "V2J16S0", serial)


def loads_through_faults_of_the_bus():
    for rule in ("stall", "babble", "short 1", "late 500", "timeout"):
        with tempfile.NamedTemporaryFile("w") as faults:
            faults.write("command 90 %s\n" % rule)
            faults.flush()
            with UsbServer(board=BOARD + ",faults=" + faults.name) as server:
                text = gdb(server, "demo.elf", *LOAD)
                expect(text, r"Transfer rate", r"matched")
                check("MIS-MATCHED" not in text, "%s: %s" % (rule, text))


def loads_although_the_cable_was_out_for_a_moment():
    for place in (60, 90):
        with tempfile.NamedTemporaryFile("w") as faults:
            faults.write("command %d gone 300\n" % place)
            faults.flush()
            with UsbServer(board=BOARD + ",faults=" + faults.name) as server:
                text = gdb(server, "demo.elf", *LOAD, "monitor version")
                expect(text, r"Transfer rate", r"matched")
                check("MIS-MATCHED" not in text, text)


def a_load_without_a_probe_fails_and_the_next_one_works():
    with tempfile.NamedTemporaryFile("w") as faults:
        faults.write("command 90 gone\n")
        faults.flush()
        with UsbServer(board=BOARD + ",faults=" + faults.name) as server:
            text = gdb(server, "demo.elf", "load", "monitor version")
            check("Transfer rate" not in text, text)
            expect(text + server.said(), r"unplugged")
            check(server.alive(), "the server is gone")
            server.plug_in()
            text = gdb(server, "demo.elf", *LOAD)
            expect(text, r"Transfer rate", r"matched")


def running(server):
    """A client whose target runs, with a breakpoint that is never reached."""
    gdb(server, "demo.elf", "load")
    client = Rsp(server)
    client.no_acks()
    client.ask("qSupported:swbreak+;hwbreak+")
    check(client.ask("?").startswith("T"), "no stop reply")
    client.monitor("reset halt")
    return client


def go_on(client, server):
    """Continues, and returns once the target runs."""
    before = server.said().count("-> running (")
    client.send("vCont;c")
    server.wait_until_said("-> running (", before + 1)


def text_until_stop(client, timeout=15):
    text = ""
    while True:
        packet = client.packet(timeout).decode("latin-1")
        if not packet.startswith("O"):
            return packet, text
        text += bytes.fromhex(packet[1:]).decode("latin-1")


def a_running_session_goes_on_after_a_replug():
    with UsbServer("--log", "probe,session") as server:
        client = running(server)
        go_on(client, server)
        server.unplug()
        server.wait_until_said("probe unplugged")
        server.plug_in()
        server.wait_until_said("resynchronised")
        client.raw(b"\x03")
        stop, text = text_until_stop(client)
        check(stop.startswith("T02"), "stop reply: " + stop)
        expect(text, r"unplugged for a moment")
        check("reset" not in text, text)
        equal(client.ask("Z1,%x,2" % symbol("station_check")), "OK", "Z1")
        client.send("vCont;c")
        stop, text = text_until_stop(client)
        check(stop.startswith("T05"), "stop reply: %s %s" % (stop, text))
        client.close()


def breakpoints_survive_a_replug():
    with UsbServer("--log", "probe,session") as server:
        client = running(server)
        equal(client.ask("Z1,%x,2" % symbol("station_check")), "OK", "Z1")
        server.unplug()
        client.send("vCont;c")
        server.wait_until_said("probe unplugged")
        server.plug_in()
        stop, text = text_until_stop(client)
        if not stop.startswith("T05") or "hwbreak" not in stop:	# told that it could not start
            client.send("vCont;c")
            stop, text = text_until_stop(client)
        check("hwbreak" in stop, "stop reply: %s %s" % (stop, text))
        client.close()


def an_unplugged_probe_is_told_and_costs_nothing():
    with UsbServer("--log", "probe,session") as server:
        client = running(server)
        go_on(client, server)
        server.unplug()
        stop, text = text_until_stop(client)
        check(stop.startswith("W"), "stop reply: " + stop)
        expect(text, r"unplugged.*`attach 1` in GDB, or `monitor connect`")
        before = server.cpu_seconds()
        client.nothing_for(1)
        check(server.cpu_seconds() - before < 0.1, "tether spins without its probe")
        expect(client.monitor("connect"), r"not plugged in")
        server.plug_in()
        deadline = time.monotonic() + 5
        while not client.ask("vAttach;1").startswith("T"):
            check(time.monotonic() < deadline, "no way back: " + server.said())
        expect(client.monitor("connect"), r"connected to")
        check("0x" in client.monitor("mdw 0x08000000"), "no memory")
        client.monitor("reset halt")
        check(client.ask("?").startswith("T"), "no stop reply after the replug")
        client.close()


def ends_on_sigterm_while_it_waits_for_the_plug():
    server = UsbServer("--log", "probe,session")
    client = running(server)
    go_on(client, server)
    server.unplug()
    server.wait_until_said("probe unplugged")
    start = time.monotonic()
    server.stop(signal.SIGTERM)
    check(time.monotonic() - start < 1.5, "took %.1f s" % (time.monotonic() - start))
    client.close()


def a_paced_probe_takes_its_time():
    start = time.monotonic()
    code, text = on_usb(BOARD + ",pace=real", TETHER, "run",
                        "mem read 0x20000000 0x10000 /dev/null", "stats", options=("--times",))
    took = time.monotonic() - start
    equal(code, 0, text)
    expect(text, r"modelled ms: usb [\d.]+, swd [\d.]+, flash busy [\d.]+, cpu [\d.]+, waiting [\d.]+, "
                 r"total [\d.]+; host [\d.]+")
    swd = float(text.split("swd ")[-1].split(",")[0]) / 1000
    check(0.3 < swd <= took, "SWD alone takes %.2f s, all of it took %.2f s" % (swd, took))
    link = float(re.search(r"link time +([\d.]+) ms", text).group(1)) / 1000
    check(swd <= link <= took, "the probe was open for %.2f s, says stats" % link)
    check(took < swd + 2, "%.2f s for %.2f s of SWD" % (took, swd))


if not os.path.exists(os.path.join(BUILD, "tether-virtual-usb")):
    print("tether-virtual-usb is not built")
    sys.exit(77)
main(loads_breaks_and_steps, binary_serial_numbers_are_chosen_by_their_hex_form,
     loads_through_faults_of_the_bus, loads_although_the_cable_was_out_for_a_moment,
     a_load_without_a_probe_fails_and_the_next_one_works, a_running_session_goes_on_after_a_replug,
     breakpoints_survive_a_replug, an_unplugged_probe_is_told_and_costs_nothing,
     ends_on_sigterm_while_it_waits_for_the_plug, a_paced_probe_takes_its_time)
