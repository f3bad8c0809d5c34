"""zone - a real name server (nsd) with one zone on a loopback port"""
import os
import shutil
import signal
import socket
import subprocess
import time


class NameServer:
    def __init__(self, lab, port, records, everything=()):
        """records: lines of the zone "test." without its SOA and NS; everything: pairs of a zone and the address of all names there."""
        self.port, self.process = port, None
        self.dir, self.serial = lab.path("nsd"), 0
        os.makedirs(self.dir, exist_ok=True)
        self.write(records)
        with open(os.path.join(self.dir, "nsd.conf"), "w", encoding="utf-8") as file:
            file.write(f'''server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{self.dir}"
  pidfile: "{self.dir}/nsd.pid"
  xfrdfile: "{self.dir}/xfrd.state"
  zonelistfile: "{self.dir}/zone.list"
  database: ""
  logfile: "{self.dir}/nsd.log"
remote-control:
  control-enable: no
zone:
  name: "test"
  zonefile: "test.zone"
''')
            for zone, address in everything:
                file.write(f'zone:\n  name: "{zone}"\n  zonefile: "{zone}.zone"\n')
                with open(os.path.join(self.dir, zone + ".zone"), "w", encoding="utf-8") as other:
                    other.write(f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 60 5\n@ NS ns\n@ A {address}\n* A {address}\n")
        program = shutil.which("nsd") or "/usr/sbin/nsd"
        self.process = lab.spawn([program, "-d", "-c", os.path.join(self.dir, "nsd.conf")], "nsd.out")
        self.wait()

    def write(self, records):
        self.serial += 1
        with open(os.path.join(self.dir, "test.zone"), "w", encoding="utf-8") as file:
            file.write(f"$ORIGIN test.\n$TTL 60\n@ SOA ns hostmaster {self.serial} 60 60 60 5\n@ NS ns\nns A 127.0.0.1\n{records}")

    def change(self, records):
        """The zone has these records from now on, without a moment of silence."""
        self.write(records)
        self.process.send_signal(signal.SIGHUP)

    def wait(self):
        question = bytes.fromhex("123401000001000000000000047465737400000600 01".replace(" ", ""))
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(0.1)
        for _ in range(100):
            try:
                sock.sendto(question, ("127.0.0.1", self.port))
                sock.recv(512)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("nsd does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)
