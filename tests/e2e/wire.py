"""wire - other hosts: networks of their own, joined to ours by a pair of TUN devices whose packets a thread carries, through a NAT where wanted

Needs a network of the test's own (unshare -n) and /dev/net/tun: see possible().
"""
import contextlib
import ctypes
import fcntl
import ipaddress
import os
import select
import socket
import struct
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
UDP, TCP = 17, 6


def possible():
    """Whether this network is nobody else's and hosts can be made."""
    try:
        tuns = [name for _, name in socket.if_nameindex() if name != "lo"]
        return not tuns and os.access("/dev/net/tun", os.R_OK | os.W_OK) and os.getuid() == 0
    except OSError:
        return False


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "namespaces")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def open_tun(name, addresses):
    """A TUN device in the network of this thread, up, with these addresses (with prefix lengths)."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    ip("link", "set", "lo", "up")
    for address in addresses:
        ip("addr", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
    ip("link", "set", name, "up")
    return tun


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Nat:
    """Packets of whoever is behind it have its address and ports from 40000 on; to him comes only what he has sent to before, from just there."""

    def __init__(self, address):
        self.address = ipaddress.ip_address(address).packed
        self.ports, self.inside, self.allowed = {}, {}, set()
        self.dropped, self.next_port = 0, 40000

    def forget(self):
        """As when nothing was said for some time."""
        self.ports, self.inside, self.allowed = {}, {}, set()

    def out(self, packet):
        kind, size = packet[9], (packet[0] & 15) * 4
        source = (kind, packet[12:16], struct.unpack_from("!H", packet, size)[0])
        if source not in self.ports:
            self.ports[source] = self.next_port
            self.next_port += 1
        port = self.ports[source]
        self.inside[kind, port] = source
        self.allowed.add((kind, port, bytes(packet[16:20]), struct.unpack_from("!H", packet, size + 2)[0]))
        return self.change(packet, 12, self.address, size, port)

    def back(self, packet):
        kind, size = packet[9], (packet[0] & 15) * 4
        from_port, port = struct.unpack_from("!HH", packet, size)
        if (kind, port, bytes(packet[12:16]), from_port) not in self.allowed:
            self.dropped += 1
            return None
        _, address, inner = self.inside[kind, port]
        return self.change(packet, 16, address, size + 2, inner)

    def change(self, packet, at, address, port_at, port):
        packet, size = bytearray(packet), (packet[0] & 15) * 4
        packet[at:at + 4] = address
        struct.pack_into("!H", packet, port_at, port)
        struct.pack_into("!H", packet, 10, 0)
        struct.pack_into("!H", packet, 10, checksum(bytes(packet[:size])))
        if packet[9] == UDP:
            struct.pack_into("!H", packet, size + 6, 0)  # none
        else:
            struct.pack_into("!H", packet, size + 16, 0)
            pseudo = bytes(packet[12:20]) + struct.pack("!BBH", 0, TCP, len(packet) - size)
            struct.pack_into("!H", packet, size + 16, checksum(pseudo + bytes(packet[size:])))
        return bytes(packet)


class Host:
    """Another host, reached by the device `name` of ours."""

    def __init__(self, name, ours, theirs, nat=None):
        self.name, self.nat, self.stopped = name, nat, False
        self.here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        near = open_tun(name, ours)
        call(LIBC.unshare(CLONE_NEWNET))
        self.there = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            far = open_tun("wire", theirs)
            ip("route", "add", "default", "dev", "wire")
        finally:
            call(LIBC.setns(self.here, CLONE_NEWNET))
        self.tuns = (near, far)
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        near, far = self.tuns
        while not self.stopped:
            for tun in select.select(self.tuns, [], [], 0.2)[0]:
                packet = os.read(tun, 65536)
                if self.nat and packet[0] >> 4 == 4 and packet[9] in (UDP, TCP):
                    packet = self.nat.out(packet) if tun == far else self.nat.back(packet)
                if packet:
                    with contextlib.suppress(OSError):  # the device may be down
                        os.write(near if tun == far else far, packet)

    @contextlib.contextmanager
    def inside(self):
        """What this thread opens meanwhile is that host's."""
        call(LIBC.setns(self.there, CLONE_NEWNET))
        try:
            yield
        finally:
            call(LIBC.setns(self.here, CLONE_NEWNET))

    def close(self):
        self.stopped = True
        self.thread.join()
        for fd in (*self.tuns, self.here, self.there):
            os.close(fd)
