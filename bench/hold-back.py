#!/usr/bin/env python3
# Holds every IPv4 packet that the lab's router gets back for a while before it goes on, as a long line would: for kernels without netem (tc-netem(8)).
# On the router the packets of each line are routed into a TUN device; this program sends them back to the kernel when their time has come.
# Usage: hold-back.py MILLISECONDS LINE...    (on the router, as root; until standard input ends)
# Prints `ready`, then of each TCP packet that opens a connection or carries data: the time when it came, in ms, from where, to where, and its bytes.
import collections
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
TABLE = "77"
delay = float(sys.argv[1]) / 1000
lines = sys.argv[2:]


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def describe(packet, now):
    if packet[9] != socket.IPPROTO_TCP:
        return
    head = 4 * (packet[0] & 15)
    data = len(packet) - head - 4 * (packet[head + 12] >> 4)
    opens = packet[head + 13] & 2
    if data > 0 or opens:
        source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        print(f"{now * 1000:.1f} {source} {target} {data}", flush=True)


tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"slow", IFF_TUN | IFF_NO_PI))
ip("link", "set", "slow", "up", "txqueuelen", "100000")
ip("route", "add", "default", "dev", "slow", "table", TABLE)
for line in lines:
    ip("rule", "add", "iif", line, "lookup", TABLE)
print("ready", flush=True)

held = collections.deque()
try:
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else None
        readable, _, _ = select.select([tun, sys.stdin], [], [], wait)
        if sys.stdin in readable and not os.read(0, 1):
            break
        now = time.monotonic()
        while tun in readable:
            try:
                packet = os.read(tun, 65536)
            except BlockingIOError:
                break
            # IPv6's router solicitations come here too.
            if packet[0] >> 4 == 4:
                held.append((now + delay, packet))
                describe(packet, now)
        while held and held[0][0] <= time.monotonic():
            os.write(tun, held.popleft()[1])
finally:
    for line in lines:
        ip("rule", "del", "iif", line, "lookup", TABLE)
