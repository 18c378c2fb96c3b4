# SPDX-License-Identifier: MIT
#
# Whatever comes in, from clients, files and the command line: a clear error or silence, as the protocol
# says, and the server lives on.
import os
import random
import signal
import socket
import struct
import subprocess
import tempfile
import time

from support import BOARD, TETHER, Rsp, Server, check, equal, expect, gdb, main, make_elf_of, tether

FLASH = 0x08000000

NONSENSE = """
m m0 m, mzz,4 m0,zz m20000000, m20000000,ffffffff m20000000,10000 mffffffff,8 m-1,4
M M0 M0,4 M0,4: M20000000,4:zz M20000000,4:00 M20000000,1:000000 M20000000,ffffffff:00
X X0 X20000000,4 X20000000,4: X20000000,ffffffff:abc x x20000000 x20000000,ffffffff
p pzz pffffffff P P0 P0= P0=zz P0=0 Pff=0 G G00 Gzz g0
Z Z0 Z0, Z0,8000000 Z0,zz,2 Z9,8000000,2 Z2,20000000,0 Z2,20000000,ffffffff z z9,0,0 z1,1,1
s; szz czz Czz S vCont vCont; vCont;x vCont;s:zz vCont;r vCont;rzz,zz vCont;r1 vCont;C
vFlash vFlashErase vFlashErase: vFlashErase:0,0 vFlashErase:zz vFlashErase:ffffffff,2
vFlashWrite vFlashWrite: vFlashWrite:zz: vFlashWrite:20000000:abc vFlashWrite:ffffffff:abcd
vFlashDone vKill vAttach vRun;zz vMustReplyEmpty vFile:open:zz vNoSuchThing
q qSupported: qSupported:;;;=;+ qXfer qXfer: qXfer:features:read qXfer:features:read:target.xml:
qXfer:features:read:no.xml:0,10 qXfer:features:read:target.xml:ffffffff,ffffffff
qXfer:features:read:target.xml:zz,10 qXfer:memory-map:write::0,1 qCRC qCRC: qCRC:0 qCRC:zz,4
qCRC:60000000,4 qCRC:0,ffffffff qRcmd qRcmd, qRcmd,zz qRcmd,6 qThreadExtraInfo qThreadExtraInfo,zz
QNonsense QStartNoAckModeX H Hzz Hg Hgffffffffff T Tzz F F-1 A b B t i I J _ ~ 0 { }} OK E01 !! ??
""".split()


def answers(rsp):
    """The server still speaks sense."""
    check(rsp.ask("?")[0] in "TSW", "answer to ?")


def asks_for_broken_packets_again():
    with Server() as server:
        rsp = Rsp(server)
        answers(rsp)
        for broken in (b"$?#00", b"$?#zz", b"$?#3", b"$m0,4}#c1", b"$* #4a", b"$" + b"x" * 20000 + b"#c0"):
            rsp.raw(broken)
            if broken == b"$?#3":
                rsp.raw(b"$")       # cut off in the checksum: the next packet begins
                equal(rsp.byte(), b"-", "answer to a packet without its end")
                rsp.raw(b"?#3f")
                check(rsp.packet()[:1] in b"TSW", "the packet behind it")
                continue
            equal(rsp.byte(), b"-", "answer to %r" % broken[:10])
        rsp.raw(b"$m0,10$g$m2000")  # cut off, three times
        answers(rsp)
        rsp.no_acks()
        rsp.raw(b"$?#00$?#zz" + b"$" + b"x" * 20000 + b"#c0")
        rsp.nothing_for(0.3)        # not done, not answered
        answers(rsp)


def answers_any_packet():
    with Server() as server:
        rsp = Rsp(server)
        rsp.no_acks()
        answers(rsp)
        for packet in NONSENSE:
            rsp.send(packet)
            if packet.startswith("F"):
                continue            # is an answer itself: to a request that was not made
            if packet[0] in "csCSv" and packet.startswith(("s", "c", "C", "S", "vCont;")):
                time.sleep(0.02)
                rsp.raw(b"\x03")    # should it run
                rsp.send("vMustReplyEmpty")
                while rsp.packet() != b"":
                    pass
                continue
            rsp.packet(5)
        answers(rsp)
        check(server.alive(), server.said())


def survives_random_packets():
    with Server() as server:
        rng = random.Random(2)
        for _ in range(20):
            rsp = Rsp(server)
            for _ in range(20):
                body = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
                rsp.send(bytes([rng.choice(b"mMXxpPgGZzqQvHT?D!")]) + body)
            rsp.close()
        answers(Rsp(server))


def survives_clients_that_leave_in_the_middle():
    with Server() as server:
        for rest in (b"", b"+", b"$", b"$m2000", b"$m20000000,4#", b"$m20000000,4#0", b"$X20000000,8:}",
                     b"\x03", Rsp.frame("?") + b"$g#", Rsp.frame("c"), Rsp.frame("m20000000,4000"),
                     Rsp.frame("vFlashErase:08000000,00004000"),
                     Rsp.frame("vFlashErase:08000000,00004000") + b"$vFlashWrite:8000000:abc"):
            for abrupt in (False, True):
                rsp = Rsp(server)
                rsp.raw(rest)
                if abrupt:      # RST, as when a client is killed
                    rsp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
                rsp.close()
        answers(Rsp(server))


def serves_others_beside_a_silent_client():
    with Server() as server:
        silent = Rsp(server)
        rsp = Rsp(server)
        answers(rsp)
        answers(silent)


def survives_floods():
    with Server() as server:
        noise = random.Random(3).randbytes(1 << 20)
        for flood in (noise, b"\x03" * (1 << 20), b"+-" * (1 << 19), b"$" * (1 << 20),
                      Rsp.frame("?") * 20000, b"$" + b"y" * (1 << 20)):
            rsp = Rsp(server)
            rsp.socket.settimeout(5)
            try:
                rsp.raw(flood)
            except OSError:
                pass            # it may end us
            rsp.close()
            answers(Rsp(server))


def drops_a_client_that_asks_and_never_reads():
    with Server() as server:
        greedy = Rsp(server)
        greedy.no_acks()
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.socket.settimeout(0.5)
        ask = Rsp.frame("m20000000,1ff0")
        other, start, slowest = Rsp(server), time.monotonic(), 0
        try:
            while time.monotonic() - start < 20:
                greedy.raw(ask * 10)
                before = time.monotonic()
                answers(other)
                slowest = max(slowest, time.monotonic() - before)
        except OSError:
            pass                # it stopped reading us, or closed
        for _ in range(50):
            answers(other)
        check(slowest < 2, "another client waited %.1f s" % slowest)
        check(server.peak_kib() < 64 * 1024, "memory: %d KiB" % server.peak_kib())


def ignores_bare_connects():
    with Server() as server:
        socket.create_connection(("127.0.0.1", server.port)).close()
        answers(Rsp(server))
        before = server.rss_kib()
        for _ in range(10000 if os.environ.get("FULL") else 1000):
            socket.create_connection(("127.0.0.1", server.port)).close()
        answers(Rsp(server))
        check(server.rss_kib() < before + 256, "%d KiB more" % (server.rss_kib() - before))
        descriptors = len(os.listdir("/proc/%d/fd" % server.process.pid))
        check(descriptors < 40, "%d descriptors are open" % descriptors)


def refuses_too_many_clients():
    with Server() as server:
        clients = [Rsp(server) for _ in range(16)]
        for client in clients:
            client.ask("qSupported")
        extra = Rsp(server)
        equal(extra.socket.recv(1), b"", "the seventeenth client")
        clients[3].ask("qSupported")
        clients[5].close()
        time.sleep(0.1)
        Rsp(server).ask("qSupported")


def ends_within_half_a_second():
    for trouble in (b"", b"$m2000", Rsp.frame("?") + Rsp.frame("c"), Rsp.frame("?") * 5000):
        server = Server()
        rsp = Rsp(server)
        rsp.raw(trouble)
        time.sleep(0.1)
        start = time.monotonic()
        equal(server.stop(signal.SIGTERM), 0, "exit code with %r" % trouble[:10])
        check(time.monotonic() - start < 0.5, "took %.2f s" % (time.monotonic() - start))


def says_when_a_port_is_taken():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            taken = socket.create_server((address, 0), family=family)
        except OSError:
            continue            # no IPv6 here
        port = taken.getsockname()[1]
        code, out, err = tether("--probe", BOARD, "--port", str(port))
        equal((code, out), (6, ""), "exit code and stdout")
        expect(err, str(port), r"--port")
        taken.close()
    code, _, err = tether("--bind", "no.such.host.invalid")
    equal(code, 1, "exit code of a bad address")
    expect(err, r"no\.such\.host\.invalid")


def says_where_a_chip_file_is_wrong():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "bad.cfg"), "w") as file:
            file.write('name = "Bad";\nfamily = "F4"\nnonsense = 1;\n')
        for arguments in (["chips", "--chips", folder], ["--chips", folder, "--probe", BOARD, "--port", "0"]):
            code, _, err = tether(*arguments)
            equal(code, 1, "exit code of %s" % arguments[0])
            expect(err, r"bad\.cfg:\d+: ")
        code, _, err = tether("chips", "--chips", os.path.join(folder, "missing"))
        equal(code, 1, "exit code of a missing folder")
        expect(err, r"missing")


def says_when_it_cannot_write():
    with open("/dev/full", "w") as full:
        run = subprocess.run([TETHER, "chips"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=10)
    equal(run.returncode, 1, "exit code on a full disk")
    expect(run.stderr, r"stdout")
    code, _, err = tether("--log-file", "/no/such/folder/log", "--port", "0")
    equal(code, 1, "exit code of a bad log file")
    expect(err, r"/no/such/folder/log")


def says_why_an_image_does_not_fit():
    """GDB itself says "Load failed" or less; the cause comes with the next answer, and nothing has changed."""
    for board, sections, cause in (
            ("STM32F103C8", {FLASH: b"a" * 100, FLASH + 0x10000: b"b" * 200},
             r"0x08010000 can't be written: no memory is there\. Flash is 64 KiB at 0x08000000"),
            ("STM32F407VG", {FLASH + 0xfff00: b"a" * 1000}, r"0x08100000 can't be written: .* another chip"),
            ("STM32H743ZG", {FLASH + 0x7ff00: b"a" * 1000}, r"0x08080000 can't be written: .* another chip"),
            ("STM32F407VG", {FLASH: b"a" * 100, 0x20020000: b"b" * 8}, r"0x20020000 can't be written"),
            ("STM32F407VG", {FLASH: b"a" * 100, 0x60000000: b"b" * 8}, r"0x60000000 can't be written: bus fault"),
            ("STM32F407VG", {FLASH: b"a" * 100, 0x1fff7800: b"b" * 8}, r"0x1fff7800 .* one-time programmable"),
            ("STM32F407VG,options=nWRP:0xFFE", {FLASH: b"a" * 100, FLASH + 0x4000: b"b" * 8},
             r"Load failed: .*0x08000000.* write-protected"),
            ("STM32F407VG,options=RDP:0xBB", {FLASH: b"a" * 100}, r"Load failed: .*read-protected")):
        with tempfile.TemporaryDirectory() as folder, Server(board="virtual:" + board) as server:
            out = gdb(server, make_elf_of(folder, sections), "load", "monitor version", "monitor flash info",
                      "monitor targets")
            expect(out, r"Load failed|Error finishing flash|Error erasing", cause)
            check("RDP" in board or "# written" not in out, out)
            expect(out, r"core 0: .*halted")


def ends_with_its_standard_input():
    for said in (b"", b"nonsense", b"$?#", b"$m0,4#00", Rsp.frame("?"), Rsp.frame("QStartNoAckMode")):
        run = subprocess.run([TETHER, "--stdio", "--probe", BOARD], input=said,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10)
        equal(run.returncode, 0, "exit code after %r" % said)
        check(b"Listening" not in run.stdout, run.stdout)


main(asks_for_broken_packets_again, answers_any_packet, survives_random_packets,
     survives_clients_that_leave_in_the_middle, serves_others_beside_a_silent_client, survives_floods,
     drops_a_client_that_asks_and_never_reads, ignores_bare_connects, refuses_too_many_clients,
     ends_within_half_a_second, says_when_a_port_is_taken, says_where_a_chip_file_is_wrong,
     says_when_it_cannot_write, says_why_an_image_does_not_fit, ends_with_its_standard_input)
