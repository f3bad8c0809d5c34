#!/usr/bin/env python3
"""Slow, stuck and mad peers of TCP and TLS: each costs its own connection, and calls of the others go on

Usage: tests/e2e/test_stubborn.py BUILD [TEST...]
"""
import contextlib
import ctypes
import ctypes.util
import os
import resource
import select
import shutil
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from authority import LEAF, Authority  # noqa: E402
from lab import Tests  # noqa: E402
from peer import SDP, Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, SETTINGS, TLS_PORT, answer_call, client_tls, hang_up, listeners, pem, server_tls  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
UDP1 = "udp1,blue,sip:127.0.0.1:5391,0\n"


class Scene(streams.Scene):
    def __init__(self, *words, **more):
        super().__init__(BUILD, *words, **more)

    def count(self, name):
        return self.lab.ctl_json("counters")[name]

    def resident_mb(self):
        with open(f"/proc/{self.lab.daemon.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def tcp(port, address="127.0.0.1"):
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(6)
    sock.bind((address, 0))
    sock.connect(("127.0.0.1", port))
    return sock


def is_closed(sock, seconds):
    """Whether the other side closes within this time; what it says before is read."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0:
        sock.settimeout(left)
        try:
            if not sock.recv(65536):
                return True
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
    return False


def one_call(t, s, caller, port, gateway, what):
    """A whole call, quickly."""
    start = time.time()
    call = Call(caller, port, NUMBER)
    answer_call(t, call, gateway, what)
    hang_up(t, call, gateway, what)
    t.check(time.time() - start < 3, f"{what}: in {time.time() - start:.1f} s")


def client_hello():
    """What a TLS client says first."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = client_tls("cn").wrap_bio(into, out, server_hostname="sip.example.net")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def test_handshakes(t):
    """Handshakes that never begin, stop half way, or are none, end in time; TLS calls go on meanwhile"""
    hello = client_hello()
    stops = (("nothing", b"", 3, 8), ("half a ClientHello", hello[:100], 3, 8), ("a ClientHello and no more", hello, 3, 8),
             ("a record that never ends", b"\x16\x03\x01\x40\x00" + hello[5:], 3, 8), ("SIP in clear", b"OPTIONS sip:x SIP/2.0\r\n\r\n", 0, 2),
             ("noise", bytes(range(256)), 0, 2), ("another's record type", b"\x17\x03\x03\x00\x05hello", 0, 2))
    with Scene("tls1,blue,sips:127.0.0.1:5391,0\n", workers=2) as s:
        caller, gateway = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False)), s.peer(StreamPeer(5391, tls=server_tls("ip")))
        one_call(t, s, caller, TLS_PORT, gateway, "before")
        start = time.time()
        stuck = [(what, tcp(TLS_PORT), least, most) for what, _, least, most in stops for _ in range(10)]
        for (what, sock, _, _), text in zip(stuck, (text for _, text, _, _ in stops for _ in range(10))):
            sock.sendall(text)
        one_call(t, s, caller, TLS_PORT, gateway, "meanwhile")
        ends = {}
        socks = {sock: (what, least, most) for what, sock, least, most in stuck}
        while socks and time.time() - start < 10:
            for sock in select.select(list(socks), [], [], 0.2)[0]:
                sock.settimeout(0)
                try:
                    data = sock.recv(65536)
                except OSError:
                    data = b""
                if not data:
                    ends.setdefault(socks.pop(sock)[0], []).append(time.time() - start)
                    sock.close()
        for what, _, least, most in stops:
            took = ends.get(what, [])
            t.check(len(took) == 10 and least <= min(took) and max(took) <= most, f"{what}: closed between {least} and {most} s",
                    [round(x, 1) for x in took])
        time.sleep(0.2)
        t.check(s.count("connections") <= 3, "those of the calls are left", s.count("connections"))  # to the gateway one of each worker
        one_call(t, s, caller, TLS_PORT, gateway, "afterwards")


def test_dribble(t):
    """Each octet in a segment of its own, each octet in a TLS record of its own: the call is the same"""
    for kind, port, tls in (("TCP", PORT, None), ("TLS", TLS_PORT, client_tls("cn"))):
        with Scene(UDP1) as s:
            caller, gateway = s.peer(StreamPeer(5380, client_tls=tls, listen=False)), s.peer(Peer(5391))
            call = Call(caller, port, NUMBER)
            text = call.request("INVITE", "X-Twice: a,\r\n b\r\n", SDP).encode() + b"\r\n\r\n"
            caller.connect(port)
            for octet in text:
                caller.up.socket.sendall(bytes([octet]))
            invite = gateway.wait("INVITE", 4)
            t.check(invite is not None and invite.body == SDP and invite.get("X-Twice") == "a, b", f"{kind}: {len(text)} octets make an INVITE")
            gateway.answer(invite, 486)
            t.check(caller.wait(486) is not None and caller.pongs == 1, f"{kind}: answered, and the ping behind it, too", caller.pongs)


def s_client(s, keys, *words):
    """openssl's client, told to press these keys; what it said."""
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{TLS_PORT}", "-servername", "sip.example.net", "-cert", pem("cn"),
                           "-key", pem("cn"), "-CAfile", pem("ca"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd=s.lab.dir) as client:
        time.sleep(0.3)
        try:
            for key in keys:
                client.stdin.write(key)
                client.stdin.flush()
                time.sleep(0.02)
            time.sleep(0.5)
            client.stdin.close()
        except BrokenPipeError:
            pass
        out = client.stdout.read().decode("latin-1")
        client.wait(timeout=5)
        return out


def test_renegotiation(t):
    """A client that wants to renegotiate, or new keys again and again, gets nothing by it; TLS 1.1 is refused"""
    with Scene(UDP1) as s:
        caller, gateway = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False)), s.peer(Peer(5391))
        one_call(t, s, caller, TLS_PORT, gateway, "before")
        out = s_client(s, [b"R\n"], "-tls1_2")
        t.check("RENEGOTIATING" in out and "no renegotiation" in out, "TLS 1.2: no renegotiation", out[-600:])
        before = s.resident_mb()
        out = s_client(s, [b"K\n"] * 100, "-tls1_3")
        t.check("KEYUPDATE" in out, "TLS 1.3: new keys a hundred times", out[-600:])
        t.check(s.resident_mb() < before + 20, "cost no memory", (before, s.resident_mb()))
        out = s_client(s, [], "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        t.check("alert protocol version" in out or "no protocols available" in out, "TLS 1.1 is refused", out[-600:])
        one_call(t, s, caller, TLS_PORT, gateway, "afterwards")
        t.check(len(caller.connections) == 1, "by the same connection")


@contextlib.contextmanager
def send_buffers(sizes):
    """The system's, of connections that begin meanwhile."""
    path = "/proc/sys/net/ipv4/tcp_wmem"
    with open(path, encoding="ascii") as file:
        before = file.read()
    for text in (sizes, before):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        if text is sizes:
            yield


class DeafTls:
    """A TLS client that asks for new keys again and again and reads no answer: OpenSSL itself, as Python's ssl cannot."""
    UPDATE_REQUESTED = 1

    def __init__(self):
        self.lib = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
        for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        context = ctypes.c_void_p(self.lib.SSL_CTX_new(ctypes.c_void_p(self.lib.TLS_client_method())))
        for name, kind in (("SSL_CTX_use_certificate_file", 1), ("SSL_CTX_use_PrivateKey_file", 1)):
            getattr(self.lib, name)(context, pem("cn").encode(), kind)
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.sock.connect(("127.0.0.1", TLS_PORT))
        self.ssl = ctypes.c_void_p(self.lib.SSL_new(context))
        self.lib.SSL_set_fd(self.ssl, self.sock.fileno())
        self.is_open = self.lib.SSL_connect(self.ssl) == 1 and self.lib.SSL_write(self.ssl, b"\r\n\r\n", 4) == 4

    def ask(self, most):
        """How often it could ask."""
        for n in range(most):
            self.lib.SSL_key_update(self.ssl, self.UPDATE_REQUESTED)
            if self.lib.SSL_do_handshake(self.ssl) != 1:
                return n
        return most


def test_new_keys(t):
    """Answers to a client that wants new keys and reads nothing are bounded, as all that waits is"""
    with Scene(UDP1) as s, send_buffers("4096 16384 65536"):  # what the system takes counts, too
        client, most = DeafTls(), 100000
        t.check(client.is_open, "TLS 1.3 is open")
        asked = client.ask(most)
        t.check(1000 < asked < most, f"dropped after {asked} times", asked)
        t.check(s.count("connections_slow") == 1 and s.count("connections") == 0, "as one that is slow", s.count("connections_slow"))


def test_files(t):
    """Few files may be open: so many connections are let in, and gateways, journals and the store have theirs"""
    settings = SETTINGS + "\nsip = { max_connections_per_peer = 1000; };"
    with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n", settings=settings) as s:
        s.lab.stop()
        s.lab.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 400)))
        with open(f"/proc/{s.lab.daemon.pid}/limits", encoding="ascii") as file:
            t.check(next(line for line in file if line.startswith("Max open files")).split()[3] == "400", "the limit is raised as far as it goes")
        t.check("240 at most, as 400 files may be open" in s.lab.read("lcrproxyd.log"), "and the log says how far that takes",
                s.lab.read("lcrproxyd.log"))
        socks = [tcp(PORT) for _ in range(300)]
        time.sleep(0.3)
        taken = s.count("connections")
        t.check(170 < taken <= 181, "three quarters of what is left are let in", taken)
        caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391))
        one_call(t, s, caller, PORT, gateway, "a call goes on by TCP")
        s.lab.wait_shipped()
        t.check([row["status"] for row in s.lab.records()] == ["answered"], "and is on record")
        for sock in socks:
            sock.close()


def test_half_close(t):
    """Who says no more but reads on hears what was on its way, TLS with and without its goodbye"""
    for kind, port, tls, bye in (("TCP", PORT, None, False), ("TLS", TLS_PORT, client_tls("cn"), False), ("TLS close_notify", TLS_PORT, client_tls("cn"), True)):
        with Scene(UDP1) as s:
            caller = s.peer(StreamPeer(5380, client_tls=tls, listen=False))
            requests = [Call(caller, port, "", uri=f"sip:127.0.0.1:{PORT}").request("OPTIONS") for _ in range(50)]
            caller.connect(port)
            caller.up.socket.sendall("".join(requests).encode())
            if bye:  # the alert alone, without waiting for the other's
                caller.up.socket.settimeout(0)
                try:
                    caller.up.socket.unwrap()
                except (OSError, ValueError):
                    pass
            else:
                socket.socket.shutdown(caller.up.socket, socket.SHUT_WR)  # of TLS not the session's
            got = 0
            while not bye and caller.wait(200, 1) is not None:
                got += 1
            t.check(bye or got == 50, f"{kind}: all answers come", got)
            time.sleep(0.3)
            t.check(s.count("connections") == 0 and s.count("requests_OPTIONS") == 50, f"{kind}: then it is closed",
                    (s.count("connections"), s.count("requests_OPTIONS")))


def test_deaf_gateways(t):
    """A gateway that takes connections and reads nothing: its calls, megabytes of them, go to the next all at once, no other call waits"""
    for kind, uri, tls in (("TCP", "sip:127.0.0.1:5391;transport=tcp", None), ("TLS", "sips:127.0.0.1:5391", server_tls("ip"))):
        with Scene(f"deaf,blue,{uri},0\n") as s:
            red, caller = s.peer(StreamPeer(5392)), s.peer(StreamPeer(5380, listen=False))  # it gets long ones by TCP,
            short, quick = s.peer(Peer(5392)), s.peer(Peer(5381))                            # short ones by UDP
            deaf = s.peer(StreamPeer(5391, tls=tls))
            deaf.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            calls = [Call(caller, PORT, NUMBER) for _ in range(400)]
            wanted, came, refused = {call.call_id for call in calls}, set(), 0
            for _ in range(1 if tls else 0):  # its handshake is done, then it is deaf
                call = Call(quick, PORT, NUMBER)
                call.invite()
                invite = deaf.wait("INVITE", 2, call.call_id)
                deaf.answer(invite, 486)
                quick.wait(486, 2, call.call_id)
            start = time.time()
            for call in calls:
                call.send("INVITE", "X-Padding: " + "x" * 16000 + "\r\n", SDP)
            other = Call(quick, PORT, "+441632960123")  # red's alone
            before = time.time()
            other.invite()
            invite = short.wait("INVITE", 2, other.call_id)
            t.check(invite is not None and time.time() - before < 1, f"{kind}: a call to another gateway does not wait", time.time() - before)
            short.answer(invite, 486)
            while time.time() - start < 20 and (came != wanted or refused < len(wanted)):
                invite = red.next(0.05)
                if invite and invite.method == "INVITE":
                    came.add(invite.get("Call-ID"))
                    red.answer(invite, 486)
                while (message := caller.next(0.0005)) is not None:
                    refused += message.status == 486
            t.check(came == wanted and refused == len(wanted), f"{kind}: all {len(wanted)} go to the next gateway, and are answered", (len(came), refused))
            t.check(quick.wait(486, 2, other.call_id) is not None, f"{kind}: so is the other one")
            t.check(s.count("connections_slow") == 0, f"{kind}: nobody is dropped for a burst", s.count("connections_slow"))


def test_limits(t):
    """More connections than allowed, of one address and of all, are refused; who is in stays in"""
    with Scene(UDP1, workers=2, settings=SETTINGS + "\nsip = { max_connections_per_peer = 10; max_connections = 40; };",
               tables={"trunks": "account,address\nacme,127.0.0.1\nacme,127.0.0.3\n"}) as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        one_call(t, s, caller, PORT, gateway, "the first")
        more = [tcp(PORT) for _ in range(30)]
        closed = sum(is_closed(sock, 0.05) for sock in more)
        t.check(closed == 21, "nine more of one address", 30 - closed)
        others = [tcp(PORT, f"127.0.0.{n}") for n in range(4, 14) for _ in range(8)]
        time.sleep(0.3)
        t.check(s.count("connections") <= 42, "of all no more than there may be", s.count("connections"))
        t.check(s.count("connections_refused") >= 21 + 80 + 10 - 42, "the others are counted", s.count("connections_refused"))
        one_call(t, s, caller, PORT, gateway, "who was in")
        for sock in more + others:
            sock.close()
        time.sleep(0.3)
        caller2 = s.peer(StreamPeer(5382, listen=False))
        caller2.source = ("127.0.0.3", 5382)
        one_call(t, s, caller2, PORT, gateway, "when they are gone, another")


# --- certificates that are no good ---

IP = "subjectAltName=IP:127.0.0.1\n"


def make_certificates(folder):
    """{what: (file, whether a server may be it, whether a client may)}"""
    root, stranger = Authority(folder, "root"), Authority(folder, "elsewhere")
    below = root.below("middle")
    return root.path("root", "crt"), {
        "good": (root.sign("good", 30, LEAF + IP), True, True),
        "by way of another authority": (below.sign("leaf", 30, LEAF + IP, True), True, True),
        "without the authority between": (below.sign("orphan", 30, LEAF + IP), False, False),
        "expired": (root.sign("old", 0, LEAF + IP), False, False),
        "of another authority": (stranger.sign("foreign", 30, LEAF + IP), False, False),
        "for clients only": (root.sign("client", 30, LEAF + IP + "extendedKeyUsage=clientAuth\n"), False, True),
        "for servers only": (root.sign("server", 30, LEAF + IP + "extendedKeyUsage=serverAuth\n"), True, False),
        "for SIP alone": (root.sign("sip", 30, LEAF + IP + "extendedKeyUsage=1.3.6.1.5.5.7.3.20\n"), True, True),
        "for anything": (root.sign("any", 30, LEAF + IP + "extendedKeyUsage=2.5.29.37.0\n"), True, True),
        "for SIP, but not to sign": (root.sign("mute", 30, LEAF + IP + "extendedKeyUsage=1.3.6.1.5.5.7.3.20\nkeyUsage=keyAgreement\n"), False, False),
        "of another address": (root.sign("away", 30, LEAF + "subjectAltName=IP:127.0.0.2\n"), False, True),
        "the address as a name": (root.sign("named", 30, LEAF + "subjectAltName=DNS:127.0.0.1\n"), False, True),
        "the address as common name": (root.sign("127.0.0.1", 30, LEAF), False, True),
    }


def as_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_certificates(t):
    """Certificates that are expired, of another authority, for something else: of gateways and of who connects"""
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lcrproxy-certificates-{os.getpid()}")
    os.makedirs(folder)
    try:
        ca, all_of_them = make_certificates(folder)
        time.sleep(1.1)  # until the expired one is
        listen = listeners(all_of_them["good"][0]).replace(pem("ca"), ca)
        for what, (certificate, as_a_server, as_a_client) in all_of_them.items():
            with Scene("tls1,blue,sips:127.0.0.1:5391,0\n", listen=listen) as s:
                caller, gateway, red = s.peer(Peer(5380)), s.peer(StreamPeer(5391, tls=as_server(certificate))), s.peer(Peer(5392))
                call = Call(caller, PORT, NUMBER)
                call.invite()
                got = (gateway if as_a_server else red).wait("INVITE", 2)
                t.check(got is not None, f"{what}: a gateway gets the call: {as_a_server}")
                t.check(as_a_server or gateway.quiet(0.1), f"{what}: it or the next one")
                context = client_tls()
                context.load_verify_locations(ca)
                context.load_cert_chain(certificate)
                context.check_hostname = False
                client = s.peer(StreamPeer(5384, client_tls=context, listen=False))
                try:
                    client.send(Call(client, TLS_PORT, "", uri=f"sip:127.0.0.1:{TLS_PORT}").request("OPTIONS"), TLS_PORT)
                    answered = client.wait(200, 1 if as_a_client else 0.2) is not None
                except OSError:
                    answered = False
                t.check(answered == as_a_client, f"{what}: a client comes in: {as_a_client}")
    finally:
        shutil.rmtree(folder)


Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or
              [test_handshakes, test_dribble, test_renegotiation, test_new_keys, test_files, test_half_close, test_deaf_gateways, test_limits, test_certificates]))
