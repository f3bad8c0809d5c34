"""trip_lab - TRIP speakers as processes, and peers made of single octets

Everything lives on 127.0.0.0/8 and in one temporary directory.
"""
import json
import os
import queue
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

PORT = 6069
KEEPALIVE = bytes.fromhex("000304")
CEASE = bytes.fromhex("0005030600")
FAST = ("timers = { hold_s = 9; keepalive_s = 3; connect_retry_s = 1; idle_hold_s = 1; idle_hold_max_s = 2; "
        "min_route_advertisement_s = 0; min_itad_origination_s = 0; max_purge_s = 3; };")


class Speaker:
    """One tripspeak with its own address, ITAD and identifier."""

    def __init__(self, lab, address, itad, peers, more="", timers=FAST, listen=None):
        self.lab, self.address, self.itad = lab, address, itad
        self.config = os.path.join(lab.dir, f"{address}.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'trip = {{ itad = {itad}; id = "{address}"; listen = "{listen or f"{address}:{PORT}"}"; {timers} {more}\n'
                       f'peers = ( {", ".join("{ " + peer + " }" for peer in peers)} ); }};\n')
        self.process = None
        self.start()

    def start(self, *options):
        self.answers, self.seen = queue.Queue(), []
        self.log = open(os.path.join(self.lab.dir, f"{self.address}.log"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(self.lab.build, "tripspeak"), "--json", "--log", "info", "--config", self.config, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1,
            # what a sanitizer keeps of freed memory would hide what is kept for a peer
            env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"))
        threading.Thread(target=self.read, args=(self.process, self.answers, self.seen), daemon=True).start()

    @staticmethod
    def read(process, answers, seen):
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] in ("route", "peer", "end", "counters", "error"):
                answers.put(event)
            else:
                seen.append(event)

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def ask(self, text):
        self.say(text)
        found = []
        while True:
            event = self.answers.get(timeout=30)
            if event.pop("event") == "end":
                return found
            found.append(event)

    def routes(self, prefix=""):
        """What the LSs of an ITAD have in common, by prefix."""
        table = {}
        for route in self.ask(f"routes {prefix}"):
            key = (route["family"], route["protocol"], route["prefix"])
            table[key] = {name: value for name, value in route.items()
                          if name not in ("peer", "local", "itad", "available_circuits", "calls_ok", "calls_attempted")}
        return table

    def best(self, digits):
        return self.routes(digits).get(("e164", "sip", digits))

    def peer(self, address):
        return [peer for peer in self.ask("peers") if peer["peer"].split(":")[0] == address][0]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.terminate()
        status = self.process.wait(timeout=20)
        log = open(os.path.join(self.lab.dir, f"{self.address}.log"), encoding="utf-8", errors="replace").read()
        if status != 0 or "Sanitizer" in log or "runtime error" in log:
            raise RuntimeError(f"tripspeak {self.address} left with {status}:\n{log[-4000:]}")


class Lab:
    def __init__(self, build):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="lcrproxy-trip-")
        self.speakers = []

    def speaker(self, *words, **more):
        self.speakers.append(Speaker(self, *words, **more))
        return self.speakers[-1]

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        for speaker in self.speakers:
            if speaker.process.poll() is None:
                if failure[0] is None:
                    speaker.end()
                else:
                    speaker.kill()
        if failure[0] is None:
            shutil.rmtree(self.dir)
        else:
            print("kept:", self.dir, flush=True)


def wait_for(what, test, timeout=30):
    """Until test() is true; what is said when it never is."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if test():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {timeout} s")


def expect(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: {got!r}, expected {want!r}")


# --- peers made by hand ---

def message(kind, body=b""):
    return struct.pack(">HB", len(body) + 3, kind) + body


def open_message(itad, ident, hold=90, version=1, params=b""):
    return message(1, struct.pack(">BBHI4sH", version, 0, hold, itad, socket.inet_aton(ident), len(params)) + params)


def attr(kind, value, flags=0):
    return struct.pack(">BBH", flags, kind, len(value)) + value


def routes(*prefixes, family=3):
    return b"".join(struct.pack(">HHH", family, 1, len(p)) + p.encode() for p in prefixes)


def next_hop(itad, server):
    return attr(3, struct.pack(">IH", itad, len(server)) + server.encode())


def path(kind, *itads):
    return attr(kind, struct.pack(">BB", 2, len(itads)) + b"".join(struct.pack(">I", i) for i in itads) if itads else b"")


def update(*attrs):
    return message(2, b"".join(attrs))


def external(itad, *prefixes, server="gw.example.net"):
    return update(attr(2, routes(*prefixes)), next_hop(itad, server), path(4, itad), path(5, itad))


class RawPeer:
    """A TCP connection on which a test says what it likes."""

    def __init__(self, own, to, timeout=15, window=None):
        self.socket = socket.socket()
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((own, 0))
        self.socket.settimeout(timeout)
        self.socket.connect((to, PORT))

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """One message, or b"" when the connection has ended."""
        try:
            head = self.exactly(3)
            return head + self.exactly(struct.unpack(">H", head[:2])[0] - 3) if head else b""
        except ConnectionError:
            return b""

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                return b""
            data += more
        return data

    def notification(self):
        """The NOTIFICATION that ends the connection."""
        while True:
            got = self.receive()
            if not got or got[2] == 3:
                rest = self.receive() if got else b""
                return got if not rest else rest
            if got[2] == 1:
                continue

    def establish(self, itad, ident, hold=90, params=b""):
        self.send(open_message(itad, ident, hold, params=params))
        expect("an OPEN", self.receive()[2], 1)
        self.send(KEEPALIVE)
        expect("a KEEPALIVE", self.receive(), KEEPALIVE)

    def close(self):
        self.socket.close()
