"""lab - a daemon, a store, gateways and callers for the end-to-end tests

Everything lives in one temporary directory and on 127.0.0.1; leaving a Lab stops it all.
"""
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

TABLES = {
    "tariffs": "tariff,currency,timezone\nblue,EUR,UTC\nred,EUR,UTC\nretail,EUR,Europe/Berlin\n",
    "carriers": "carrier,tariff\nblue,blue\nred,red\n",
    "rates": "tariff,prefix,destination,rate,connect_fee,first_increment,increment\n"
             "blue,49,Germany,0.0071,0,1,1\nblue,4930,Berlin,0.0055,0.0010,6,6\n"
             "red,49,Germany,0.0093,0,60,60\nred,44,United Kingdom,0.0120,0,1,1\n"
             "retail,49,Germany,0.0190,0,60,1\nretail,4930,Berlin,0.0173,0.005,30,6\nretail,44,United Kingdom,0.0210,0,1,1\n",
    "accounts": "account,name,tariff,country_code,international,timezone\nacme,Acme GmbH,retail,49,true,Europe/Berlin\n",
    "trunks": "account,address\nacme,127.0.0.1\n",
}
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5391,0\nred1,red,sip:127.0.0.1:5392,0\n"


def say(text):
    print(text, flush=True)


class Lab:
    """One daemon on 127.0.0.1:PORT with its store and peers."""

    def __init__(self, build, name, store="sqlite", workers=2, port=5360, gateways=GATEWAYS, tables=None, settings="", listen=None):
        self.build, self.store_kind, self.workers, self.port = build, store, workers, port
        self.dir = tempfile.mkdtemp(prefix=f"lcrproxy-{name}-")
        os.chmod(self.dir, 0o755)
        self.settings = settings
        self.listen = listen.replace("@DIR@", self.dir) if listen else f'{{ uri = "sip:127.0.0.1:{port};transport=udp"; }}'
        self.processes = []
        self.daemon = None
        self.postgres = None
        self.tables = dict(TABLES, gateways=gateways, **(tables or {}))

    def path(self, name):
        return os.path.join(self.dir, name)

    # --- processes ---

    def run(self, *words, check=True, **more):
        words = [os.path.join(self.build, words[0]), *words[1:]]
        done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, LCR_STORE=self.url()), **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def ctl(self, *words):
        return self.run("lcrctl", "--socket", self.path("control.sock"), *words).stdout

    def ctl_json(self, *words):
        return json.loads(self.ctl(*words, "--json"))

    def spawn(self, words, log, **more):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=open(self.path(log), "ab"),
                                   stderr=subprocess.STDOUT, cwd=self.dir, **more)
        self.processes.append(process)
        return process

    def url(self):
        if self.store_kind == "sqlite":
            return "sqlite:" + self.path("lcr.db")
        return f"postgresql:host={self.path('pg')} port=5433 dbname=postgres user=postgres"

    def start_postgres(self):
        folder = sorted(os.listdir("/usr/lib/postgresql"))[-1]
        bin_dir = f"/usr/lib/postgresql/{folder}/bin"
        os.mkdir(self.path("pg"))
        self.postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if os.getuid() == 0:
            shutil.chown(self.path("pg"), "postgres")
        data = self.path("pg/data")
        subprocess.run([*self.postgres, f"{bin_dir}/initdb", "-A", "trust", "-U", "postgres", "-D", data],
                       check=True, stdout=subprocess.DEVNULL)
        self.pg_ctl = [*self.postgres, f"{bin_dir}/pg_ctl", "-D", data, "-w", "-l", self.path("pg/log")]
        self.pg_options = f"-k {self.path('pg')} -p 5433 -c listen_addresses="
        subprocess.run([*self.pg_ctl, "-o", self.pg_options, "start"], check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        """Store, tables, secret, configuration."""
        if self.store_kind == "postgresql":
            self.start_postgres()
        self.run("lcrdb", "init")
        for kind in ("tariffs", "rates", "carriers", "gateways", "accounts", "trunks", "credentials", "limits", "blocks", "emergencies", "callers",
                     "gateway_credentials", "users"):
            if kind not in self.tables:
                continue
            with open(self.path(kind + ".csv"), "w", encoding="utf-8") as file:
                file.write(self.tables[kind])
            self.run("lcrdb", "import", kind, self.path(kind + ".csv"))
        with open(self.path("rr.key"), "w", encoding="utf-8") as file:
            file.write("".join(random.choice("0123456789abcdef") for _ in range(64)))
        os.makedirs(self.path("journal"), exist_ok=True)
        with open(self.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
            file.write(f'''node = "e2e"; store = "{self.url()}"; workers = {self.workers};
listen = ( {self.listen} );
numbering = {{ country_code = "49"; }};
record_route = {{ keys = ( {{ id = 1; secret_file = "{self.path("rr.key")}"; }} ); }};
journal = {{ directory = "{self.path("journal")}"; ship_interval_ms = 100; }};
control = {{ socket = "{self.path("control.sock")}"; }};
{self.settings}
''')

    def start(self, **more):
        self.daemon = self.spawn([os.path.join(self.build, "lcrproxyd"), "-f", "-c", self.path("lcrproxy.conf")],
                                 "lcrproxyd.log", **more)
        for _ in range(200):
            if self.daemon.poll() is not None:
                break
            try:
                self.ctl("status")
                return
            except RuntimeError:
                time.sleep(0.05)
        raise RuntimeError("lcrproxyd did not start:\n" + self.read("lcrproxyd.log"))

    def node(self, number, settings=""):
        """Another node on the same store, with the same keys, on port + number; start it yourself."""
        return Node(self, number, settings)

    def kill(self):
        """As a crash: no warning, no last words."""
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        status = self.daemon.wait(timeout=30)
        log = self.read("lcrproxyd.log")
        if status != 0 or "Sanitizer" in log or "runtime error" in log:
            raise RuntimeError(f"lcrproxyd left with {status}:\n{log[-6000:]}")

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # --- SIPp ---

    def scenario(self, name, **values):
        """A copy of tests/e2e/sipp/NAME.xml with @KEY@ replaced; its path."""
        with open(os.path.join(HERE, "sipp", name + ".xml"), encoding="utf-8") as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        left = re.search(r"@[A-Z_]+@", text)
        if left:
            raise RuntimeError(f"{name}.xml wants {left.group(0)}")
        copy = self.path(f"{name}-{random.randrange(1 << 30)}.xml")
        with open(copy, "w", encoding="utf-8") as file:
            file.write(text)
        return copy

    def gateway(self, name, port, scenario, transport="u1", **values):
        return self.spawn(["sipp", "-t", transport, "-sf", self.scenario(scenario, **values), "-i", "127.0.0.1", "-p", str(port), "-nostdin",
                           "-nd", "-trace_logs", "-log_file", self.path(name + ".calls"), "-l", "100000"], name + ".log")

    def caller(self, name, port, number, calls, rate, scenario="caller", transport="u1", **values):
        """Start placing calls; wait() for its process. The measured times go to NAME.calls."""
        return self.spawn(["sipp", "-t", transport, "-sf", self.scenario(scenario, **values), "-i", "127.0.0.1", "-p", str(port),
                           "-s", number,
                           "-m", str(calls), "-r", str(rate), "-nostdin", "-trace_logs", "-log_file", self.path(name + ".calls"),
                           "-trace_err", "-error_file", self.path(name + ".errors"), "-l", "100000", "-timeout", "120",
                           f"127.0.0.1:{self.port}"], name + ".log")

    def logged(self, name):
        """Lines "WHAT CALL-ID SECONDS MICROSECONDS" of a SIPp log, as {call-id: {what: seconds}}."""
        calls = {}
        for line in self.read(name + ".calls").split("\n"):
            match = re.search(r"(\w+) (\S+) (\d+)\.0* (\d+)\.0*\s*$", line)
            if match:
                calls.setdefault(match.group(2), {})[match.group(1)] = int(match.group(3)) + int(match.group(4)) / 1e6
        return calls

    # --- records ---

    def wait_shipped(self, seconds=20):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.ctl_json("status")["accounting"]["backlog_bytes"] == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("the journal was not shipped: " + self.ctl("status"))

    def records(self, *options):
        text = self.run("cdr-export", "--format", "csv", *options).stdout
        return list(csv.DictReader(text.splitlines()))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            sys.stdout.write(self.read("lcrproxyd.log")[-3000:])
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.postgres is not None:
            subprocess.run([*self.pg_ctl, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, check=False)
        if kind is None or not os.environ.get("KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)


class Node:
    """One of several daemons of a lab: its own name, port, journal and socket."""

    def __init__(self, lab, number, settings=""):
        self.lab, self.number, self.port, self.daemon = lab, number, lab.port + number, None
        self.journal = lab.path(f"journal{number}")
        os.makedirs(self.journal)
        text = lab.read("lcrproxy.conf")
        for before, after in (('node = "e2e"', f'node = "node{number}"'), (f"127.0.0.1:{lab.port}", f"127.0.0.1:{self.port}"),
                              (lab.path("journal"), self.journal), ("control.sock", f"control{number}.sock"),
                              ("ship_interval_ms", settings + " ship_interval_ms")):
            text = text.replace(before, after)
        with open(lab.path(f"node{number}.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, **more):
        self.daemon = self.lab.spawn([os.path.join(self.lab.build, "lcrproxyd"), "-f", "-c", self.lab.path(f"node{self.number}.conf")],
                                     f"node{self.number}.log", **more)

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()

    def log(self):
        return self.lab.read(f"node{self.number}.log")

    def backlog(self):
        """Bytes that are not shipped; None when it does not answer."""
        done = subprocess.run([os.path.join(self.lab.build, "lcrctl"), "--socket", self.lab.path(f"control{self.number}.sock"), "status", "--json"],
                              capture_output=True, text=True)
        return json.loads(done.stdout)["accounting"]["backlog_bytes"] if done.returncode == 0 else None

    def wait(self, backlog=False, seconds=20):
        """Until it answers, and with backlog until all it has is shipped."""
        deadline = time.time() + seconds
        while time.time() < deadline:
            waiting = self.backlog()
            if waiting is not None and not (backlog and waiting):
                return
            time.sleep(0.05)
        raise RuntimeError(f"node{self.number}: {waiting} bytes wait\n" + self.log()[-3000:])


class Pulse(threading.Thread):
    """Notes when this machine stands still: moments at which a sleep of 2 ms took over 12."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stalls = []
        self.start()

    def run(self):
        while True:
            before = time.time()
            time.sleep(0.002)
            after = time.time()
            if after - before > 0.012:
                self.stalls.append((before, after))

    def near(self, moment, margin=0.1):
        return any(start - margin < moment < end + margin for start, end in self.stalls)


class Tests:
    """Named checks, counted for the last line."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, good, what, detail=""):
        if good:
            self.passed += 1
            say(f"ok    {what}")
        else:
            self.failed += 1
            say(f"FAIL  {what}  {detail}")
        return good

    def run(self, *functions):
        for function in functions:
            say(f"--- {function.__doc__.strip().splitlines()[0]}")
            start = time.time()
            try:
                function(self)
            except Exception as error:  # noqa: a failed set-up is a failed test
                self.check(False, function.__name__, repr(error)[:3000])
            say(f"      {time.time() - start:.1f} s")
        say(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed or not self.passed else 0)
