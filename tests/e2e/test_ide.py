# SPDX-License-Identifier: MIT
#
# The files to paste into IDEs, carried out as the IDEs do: by the real debug adapter where there is one without a
# desktop, else by the commands that the settings stand for.
import configparser
import json
import os
import re
import shlex
import tempfile
import xml.etree.ElementTree

from dap import Adapter, skip_without_adapter
from support import BOARD, FIRMWARE, TETHER, Server, check, equal, expect, gdb, main

IDE = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "ide")
ELF = os.path.abspath(os.path.join(FIRMWARE, "demo.elf"))
PATH = {"${workspaceFolder}/build/app.elf": ELF, "arm-none-eabi-gdb": "gdb-multiarch", "tether": os.path.abspath(TETHER)}


def pasted(value):
    """With the names of this project and machine."""
    if isinstance(value, dict):
        return {k: pasted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [pasted(v) for v in value]
    return PATH.get(value, value) if isinstance(value, str) else value


def launch_json(kind, request):
    with open(os.path.join(IDE, "vscode-launch.json")) as file:
        rows = [c for c in json.load(file)["configurations"] if (c["type"], c["request"]) == (kind, request)]
    equal(len(rows), 1, "%s configurations of %s" % (request, kind))
    return {k: v for k, v in pasted(rows[0]).items() if k not in ("name", "type", "request", "cwd", "gdb")}


def vscode_starts_it():
    settings = launch_json("gdbtarget", "launch")
    settings["target"]["serverParameters"] += ["--probe", BOARD]
    with Adapter() as adapter:
        adapter.start("launch", **settings)
        equal(adapter.stopped("breakpoint")[0]["name"], "main", "where it stopped")
        adapter.ask("disconnect", terminateDebuggee=True)
        expect(adapter.said(), r"gdbserver exited with code 0")


def vscode_finds_it_running():
    settings = launch_json("gdbtarget", "attach")
    with Server() as server, Adapter() as adapter:
        gdb(server, "demo.elf", "load", "detach")
        settings["target"]["port"] = str(server.port)
        adapter.start("attach", **settings)
        adapter.ask("pause", threadId=1)
        adapter.stopped()
        adapter.ask("disconnect")


def stm32_extension_starts_st_link_gdbserver():
    """A server that it knows by its port alone."""
    with Server() as other:
        port = str(other.port)	    # free again in a moment
    settings = {"program": ELF, "initCommands": ["load", "monitor reset", "tbreak main"],
                "target": {"server": os.path.abspath(TETHER), "port": port, "serverStartupDelay": 1000,
                           "serverParameters": ["--as", "ST-LINK_gdbserver", "-p", port, "-cp", "/opt/st/bin", "--swd",
                                                "--halt", "-i", BOARD]}}
    with Adapter() as adapter:
        adapter.start("launch", **settings)
        equal(adapter.stopped("breakpoint")[0]["name"], "main", "where it stopped")
        adapter.ask("disconnect", terminateDebuggee=True)
        expect(adapter.said(), r"Debugger connected")


def platformio():
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(os.path.join(IDE, "platformio.ini"))
    env = ini["env:app"]
    program, *arguments = env["debug_server"].split("\n")
    equal(os.path.basename(program), "tether", "the server")
    arguments = ["0" if a == "3333" else a for a in arguments]
    with Server(*arguments) as server:    # it waits for the line that is the pattern
        check(env["debug_server_ready_pattern"] in "Waiting for debugger connection...", "the pattern")
        script = env["debug_init_cmds"].replace("$DEBUG_PORT", env["debug_port"].replace("3333", str(server.port)))
        script = script.replace("$LOAD_CMDS", "load").replace("$INIT_BREAK", "tbreak main")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(script + "\ncontinue\npio_reset_run_target\n")
            file.flush()
            said = gdb(server, "demo.elf", script=file.name, connect=False)
        expect(said, r"Transfer rate", r"breakpoint 1, main")
        equal(server.process.wait(5), 0, "it ends with its one session")


def eclipse():
    settings = {}
    for e in xml.etree.ElementTree.parse(os.path.join(IDE, "eclipse.launch")).iter():
        if "key" in e.attrib:
            settings[e.attrib["key"].rsplit(".", 1)[1]] = e.attrib["value"]
    with Server() as server:
        connection = settings["connection"]
        equal(connection, "gdb:%s:%s" % (settings["ipAddress"], settings["portNumber"]), "the connection")
        said = gdb(server, "demo.elf", "target %s localhost:%d" % (settings["protocol"], server.port),
                   settings["initCommands"], "load", settings["runCommands"], "tbreak " + settings["stopAt"],
                   "continue", connect=False)
        expect(said, r"Transfer rate", r"breakpoint 1, main")


def clion():
    """The server with its parameters, then GDB, download, reset."""
    tree = xml.etree.ElementTree.parse(os.path.join(IDE, "clion.xml"))
    configuration, server_row = tree.find("configuration"), tree.find(".//custom-gdb-server")
    words = ["0" if w == "3333" else w for w in shlex.split(configuration.attrib["PROGRAM_PARAMS"])]
    check(re.fullmatch(r"localhost:3333", server_row.attrib["gdb-connect"]), "gdb-connect")
    with Server(*words) as server:
        said = gdb(server, "demo.elf", "load", server_row.attrib["reset-cmd"], "tbreak main", "continue", extended=False)
        expect(said, r"Transfer rate", r"breakpoint 1, main")
        equal(server.process.wait(5), 0, "it ends with its one session")


main(platformio, eclipse, clion)
skip_without_adapter()
main(vscode_starts_it, vscode_finds_it_running, stm32_extension_starts_st_link_gdbserver)
