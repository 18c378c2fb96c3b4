# Zephyr: the runner stlink_gdbserver finds ST-LINK_gdbserver in PATH, and there Tether takes its place. The
# runner also wants to see STM32_Programmer_CLI there; Tether does not use it.
PATH=/usr/local/lib/tether:$PATH west debug --runner stlink_gdbserver
# Without STM32CubeProgrammer: `tether --once`, and beside it
#     arm-zephyr-eabi-gdb -ex 'target extended-remote :3333' build/zephyr/zephyr.elf -ex load
