"""knot - a real name server (Knot DNS) with any zones on a loopback port"""
import os
import shutil
import socket
import subprocess
import tempfile
import time

# Debian keeps it where only root looks.
KNOTD = shutil.which("knotd", path=os.environ.get("PATH", "") + ":/usr/sbin")


def domain(number, suffix="e164.arpa."):
    return ".".join(reversed(number.lstrip("+"))) + "." + suffix


class Knot:
    """zones: {"e164.arpa.": lines, ...}, without SOA and NS; ttl of records that name none, and of negative answers."""

    def __init__(self, zones, port, ttl=300, negative=60):
        self.dir, self.port, self.process = tempfile.mkdtemp(prefix="lcrproxy-knot-"), port, None
        config = ""
        for n, (name, lines) in enumerate(zones.items()):
            with open(self.path(f"zone{n}"), "w", encoding="utf-8") as file:
                file.write(f"$ORIGIN {name}\n$TTL {ttl}\n@ {negative} SOA ns host 1 2 3 4 {negative}\n@ NS ns\nns A 127.0.0.1\n")
                file.write("\n".join(lines) + "\n")
            config += f"  - domain: {name}\n    file: {self.path(f'zone{n}')}\n"
        with open(self.path("conf"), "w", encoding="utf-8") as file:
            file.write(f"""server:
    rundir: {self.dir}
    listen: 127.0.0.1@{port}
database:
    storage: {self.dir}
template:
  - id: default
    semantic-checks: off
    zonefile-load: whole
zone:
{config}""")
        self.names = list(zones)
        self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        self.process = subprocess.Popen([KNOTD, "-c", self.path("conf")], stdout=open(self.path("log"), "ab"),
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        for name in self.names:
            self.wait(name)

    def wait(self, name):
        """Until it answers for the zone."""
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
        question = bytes.fromhex("12340000000100000000 0000") + labels + bytes.fromhex("0000060001")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.1)
            for _ in range(200):
                try:
                    sock.sendto(question, ("127.0.0.1", self.port))
                    if sock.recv(512)[3] & 15 == 0:
                        return
                except OSError:
                    pass
                time.sleep(0.05)
        raise RuntimeError("knotd: " + open(self.path("log"), encoding="utf-8").read()[-2000:])

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
        shutil.rmtree(self.dir)
