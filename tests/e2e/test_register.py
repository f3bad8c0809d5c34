#!/usr/bin/env python3
"""test_register - gateways at whom one must register: by digest, over all transports, through failures; and Kamailio as such a carrier"""
import hashlib
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import HERE, Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from scene import NUMBER, PORT, ROUTING  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import TLS_PORT, client_tls, server_tls  # noqa: E402
from zone import NameServer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
DNS_PORT = 5453
USER, REALM, PASSWORD = "4711", "carrier.example", "secret"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
CREDENTIALS = f"gateway,realm,username,password\nblue1,{REALM},{USER},{PASSWORD}\n"
HEAD = "gateway,carrier,uri,priority,registers,register_aor,register_contact,register_expires_s\n"
BLUE = "blue1,blue,sip:127.0.0.1:5391,0,yes,,,600\n"
RED = "red1,red,sip:127.0.0.1:5392,1,no,,,\n"
SETTINGS = ROUTING + " register = { back_off_s = 1; back_off_max_s = 4; };"
BOB = "username,contact\n4711,sip:127.0.0.1:5381\n"


def fields(value):
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', value)}


def cseq(message):
    return int(message.get("CSeq").split()[0])


class Scene:
    """The registrar is up before the proxy: its first REGISTER is seen."""

    def __init__(self, gateways=HEAD + BLUE + RED, settings=SETTINGS, tables=None, make=lambda: Peer(5391), **more):
        self.lab = Lab(BUILD, "register", workers=more.pop("workers", 2), port=PORT, gateways=gateways, settings=settings,
                       tables=dict({"gateway_credentials": CREDENTIALS}, **(tables or {})), **more)
        self.make = make

    def __enter__(self):
        self.lab.prepare()
        self.registrar, self.caller, self.red, self.bob = self.make(), Peer(5380), Peer(5392), Peer(5381)
        self.lab.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is None and self.lab.daemon.poll() is None:
            self.lab.stop()
        for peer in (self.registrar, self.caller, self.red, self.bob):
            peer.close()
        self.lab.__exit__(kind, value, trace)

    def state(self, name="blue1"):
        return next(row for row in self.lab.ctl_json("gateways") if row["gateway"] == name)["registration"]

    def until(self, state, seconds=3.0, name="blue1"):
        """Whether it comes to that state in time."""
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.state(name)["state"] == state:
                return True
            time.sleep(0.05)
        return False

    def call(self, t, gateway, number, what):
        """A call comes to the gateway, which is busy; its INVITE there."""
        call = Call(self.caller, PORT, number)
        call.invite()
        invite = gateway.wait("INVITE", call_id=call.call_id)
        if t.check(invite is not None, what):
            gateway.answer(invite, 486)
            t.check(self.caller.wait(486, call_id=call.call_id), "and is answered")
        return invite

    def register(self, seconds=4.0):
        return self.registrar.wait("REGISTER", seconds)

    def import_gateways(self, text):
        self.lab.tables["gateways"] = text
        with open(self.lab.path("gateways.csv"), "w", encoding="utf-8") as file:
            file.write(text)
        self.lab.run("lcrdb", "import", "--replace", "gateways", self.lab.path("gateways.csv"))

    def log(self):
        return self.lab.read("lcrproxyd.log")

    def counters(self):
        return self.lab.ctl_json("counters")

    def sql(self, text):
        import sqlite3  # pylint: disable=import-outside-toplevel
        with sqlite3.connect(self.lab.path("lcr.db")) as store:
            store.execute(text)


def accept(scene, request, expires=None, more="", contact=None):
    """200, with the Contact as it came and what is granted."""
    mine = re.match(r"<[^>]*>", request.get("Contact")).group(0)
    granted = expires if expires is not None else request.get("Expires")
    rows = f"Contact: {contact or mine};expires={granted}\r\n" if contact != "" else ""
    answer_bare(scene.registrar, request, 200, rows + more)


def answer_bare(peer, request, status, headers=""):
    """An answer without a Contact of the peer's own."""
    lines = [f"SIP/2.0 {status} Said"] + [f"Via: {value}" for value in request.all("Via")]
    lines += [f"From: {request.get('From')}", f"To: {request.get('To')};tag=reg", f"Call-ID: {request.get('Call-ID')}",
              f"CSeq: {request.get('CSeq')}"]
    peer.send("\r\n".join(lines) + "\r\n" + headers + "Content-Length: 0\r\n\r\n", request.source[1])


class Digest:
    """What the registrar knows of credentials."""

    def __init__(self, scene, algorithm="SHA-256", status=401, password=PASSWORD):
        self.scene, self.algorithm, self.status, self.password, self.nonce, self.n = scene, algorithm, status, password, "", 0

    def challenge(self, request, stale=False):
        self.n += 1
        self.nonce = f"nonce{self.n}"
        name = "WWW-Authenticate" if self.status == 401 else "Proxy-Authenticate"
        answer_bare(self.scene.registrar, request, self.status, f'{name}: Digest realm="{REALM}", nonce="{self.nonce}", qop="auth", '
                    f'algorithm={self.algorithm}{", stale=true" if stale else ""}\r\n')

    def right(self, request, nc=1):
        value = request.get("Authorization" if self.status == 401 else "Proxy-Authorization")
        if not value:
            return False
        said, hashed = fields(value), lambda text: HASHES[self.algorithm](text.encode()).hexdigest()
        uri = request.start.split(" ")[1]
        ha1, ha2 = hashed(f"{USER}:{REALM}:{self.password}"), hashed(f"REGISTER:{uri}")
        return (said["nonce"] == self.nonce and said["uri"] == uri and int(said["nc"], 16) == nc and
                said["response"] == hashed(f"{ha1}:{self.nonce}:{said['nc']}:{said['cnonce']}:auth:{ha2}"))


def test_digest(t):
    """registered by digest, refreshed in time, with one Call-ID and growing numbers, and taken back"""
    for algorithm, status in (("SHA-256", 401), ("MD5", 407)):
        with Scene() as s:
            digest, what = Digest(s, algorithm, status), f"{status} {algorithm}"
            one = s.register()
            t.check(one and one.start == "REGISTER sip:127.0.0.1 SIP/2.0" and one.get("To") == f"<sip:{USER}@127.0.0.1>" and
                    one.get("From").startswith(f"<sip:{USER}@127.0.0.1>;tag=") and
                    one.get("Contact") == f"<sip:{USER}@127.0.0.1:{PORT}>;expires=600" and one.get("Expires") == "600" and
                    one.get("CSeq") == "1 REGISTER" and not one.get("Authorization"),
                    f"{what}: the first REGISTER, by the credentials' user at the gateway's host", one and (one.start, one.headers))
            t.check(s.state()["state"] == "trying", f"{what}: lcrctl says trying", s.state())
            digest.challenge(one)
            two = s.register()
            t.check(two and digest.right(two) and cseq(two) == 2 and two.get("Call-ID") == one.get("Call-ID") and
                    two.get("From") == one.get("From"), f"{what}: challenged, it goes again with credentials", two and two.headers)
            accept(s, two, 4)
            t.check(s.until("registered"), f"{what}: registered", s.state())
            began, state = time.time(), s.state()
            t.check(state["aor"] == f"sip:{USER}@127.0.0.1" and state["expires"] and state["since"] and not state["cause"],
                    f"{what}: lcrctl says since when, until when, as whom", state)
            t.check("registered" in s.lab.ctl("gateways"), f"{what}: also in the table")
            three = s.register()
            t.check(three and 1.5 < time.time() - began < 2.6, f"{what}: refreshed at half of what was granted", time.time() - began)
            t.check(three and digest.right(three, 2) and cseq(three) == 3 and three.get("Call-ID") == one.get("Call-ID"),
                    f"{what}: authenticated at once, by the same nonce", three and three.headers)
            accept(s, three, 4, 'Authentication-Info: nextnonce="fresh", qop=auth\r\n')
            digest.nonce = "fresh"
            four = s.register()
            t.check(four and digest.right(four, 1), f"{what}: nextnonce is used", four and four.headers)
            digest.challenge(four, stale=True)
            five = s.register()
            t.check(five and digest.right(five, 1) and cseq(five) == 5, f"{what}: an old nonce is no failure")
            accept(s, five, 600)
            t.check(s.until("registered") and not s.registrar.wait("REGISTER", 1), f"{what}: then nothing for a long time")
            s.lab.daemon.send_signal(15)
            last = s.register()
            t.check(last and last.get("Expires") == "0" and last.get("Contact").endswith(";expires=0") and digest.right(last, 2) and
                    cseq(last) == 6, f"{what}: at the end it is taken back", last and last.headers)
            digest.challenge(last)
            last = s.register()
            t.check(last and last.get("Expires") == "0" and digest.right(last), f"{what}: also when that is challenged")
            accept(s, last, 0)
            t.check(s.lab.daemon.wait(10) == 0, f"{what}: and the daemon leaves")
            log = s.log()
            t.check("gateway blue1: registered, aor=" in log and "gateway blue1: registration taken back" in log, f"{what}: the log says so")
            ha1 = HASHES[algorithm](f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
            t.check(PASSWORD not in log and ha1 not in log, f"{what}: and nothing secret")


def test_answers(t):
    """423, refusals, Retry-After, contacts that are rewritten or not taken, and times that are shortened"""
    with Scene(HEAD + "blue1,blue,sip:127.0.0.1:5391,0,yes,sip:+49891@carrier.example,line-1,60\n" + RED) as s:
        one = s.register()
        t.check(one and one.start == "REGISTER sip:carrier.example SIP/2.0" and one.get("To") == "<sip:+49891@carrier.example>" and
                one.get("Contact") == f"<sip:line-1@127.0.0.1:{PORT}>;expires=60", "as the columns say", one and (one.start, one.headers))
        answer_bare(s.registrar, one, 423, "Min-Expires: 1800\r\n")
        two = s.register()
        t.check(two and two.get("Expires") == "1800" and cseq(two) == cseq(one) + 1, "423: at once, for as long as is wanted", two and two.headers)
        answer_bare(s.registrar, two, 423, "Min-Expires: 3600\r\n")
        began = time.time()
        three = s.register()
        t.check(three and time.time() - began > 0.4, "423 again: not at once", time.time() - began)
        t.check("423 Interval Too Brief" in s.log(), "the log says why")
        answer_bare(s.registrar, three, 403)
        t.check(s.until("failed") and s.state()["cause"] == "403 Forbidden" and s.state()["expires"] is None, "403: failed, and why", s.state())
        four = s.register(8)
        answer_bare(s.registrar, four, 500, "Retry-After: 5\r\n")
        began = time.time()
        five = s.register(8)
        t.check(five and time.time() - began > 4.9, "Retry-After is waited for", time.time() - began)
        accept(s, five, contact="")
        t.check(s.until("failed") and s.state()["cause"] == "our Contact was not taken", "a 200 without Contacts", s.state())
        six = s.register(8)
        accept(s, six, 2, contact="<sip:someone@192.0.2.9:5060>;expires=700, <sip:line-1@127.0.0.1:5360>")
        t.check(s.until("registered"), "of several Contacts ours counts", s.state())
        began = time.time()
        seven = s.register()
        t.check(seven and time.time() - began < 1.6, "and its time", time.time() - began)
        accept(s, seven, 2, contact="<sip:line-1@192.0.2.77:6000;x=y>")
        began = time.time()
        eight = s.register()
        t.check(eight and s.state()["state"] == "registered" and time.time() - began < 1.6, "one that was rewritten is ours", s.state())
        # nobody answers the refresh: registered until its time is over
        t.check(s.until("failed", 3) and s.state()["cause"] == "its time went by", "it lapses without a new answer", s.state())
        accept(s, eight, 600)
        t.check(s.until("registered"), "a late answer is as good")
        count = s.counters()
        t.check(count["registers"] == 8 and count["registered"] == 3 and count["registers_failed"] == 5, "counted",
                {key: count[key] for key in count if "regist" in key})


def test_credentials(t):
    """wrong credentials are not tried again and again; a reload with others is"""
    with Scene(settings=SETTINGS.replace("back_off_s = 1", "back_off_s = 60").replace("max_s = 4", "max_s = 600")) as s:
        digest = Digest(s)
        digest.challenge(s.register())
        digest.challenge(s.register())
        t.check(s.until("failed") and s.state()["cause"] == "401 Unauthorized", "refused", s.state())
        t.check(not s.registrar.wait("REGISTER", 2), "and not tried again")
        s.lab.ctl("reload")
        t.check(not s.registrar.wait("REGISTER", 1), "nor after a reload that changes nothing")
        digest.password = "other"
        ha1 = hashlib.sha256(f"{USER}:{REALM}:other".encode()).hexdigest()
        s.sql(f"UPDATE gateway_credentials SET ha1_sha256 = '{ha1}', ha1_md5 = NULL")
        s.lab.ctl("reload")
        request = s.register()
        t.check(request is not None, "with other credentials: at once")
        digest.challenge(request)
        request = s.register()
        t.check(request and digest.right(request), "with the new ones")
        accept(s, request)
        t.check(s.until("registered"), "registered")


def test_reload(t):
    """rows that come, change and go"""
    with Scene() as s:
        accept(s, s.register())
        t.check(s.until("registered"), "registered")
        s.lab.ctl("reload")
        t.check(not s.registrar.wait("REGISTER", 1), "a reload without changes: nothing")
        s.sql("UPDATE gateways SET register_expires_s = 700 WHERE gateway = 'blue1'")
        s.lab.ctl("reload")
        seen = {message.get("Expires"): message for message in (s.register(), s.register()) if message}
        t.check(sorted(seen) == ["0", "700"] and seen["0"].get("Call-ID") != "", "another row: the old one is taken back, the new one registers", seen)
        for message in seen.values():
            accept(s, message)
        t.check(s.until("registered"), "registered again", s.state())
        s.sql("UPDATE gateways SET registers = 'no' WHERE gateway = 'blue1'")
        s.lab.ctl("reload")
        gone = s.register()
        t.check(gone and gone.get("Expires") == "0", "no more: taken back", gone and gone.headers)
        accept(s, gone, 0)
        t.check(s.state()["state"] == "none" and s.state()["aor"] == "", "lcrctl says none", s.state())
        s.sql("UPDATE gateways SET registers = 'required' WHERE gateway = 'blue1'")
        s.lab.ctl("reload")
        back = s.register()
        t.check(back and back.get("Expires") == "700", "and again")
        accept(s, back)
        t.check(s.until("registered"), "registered")
        s.sql("UPDATE gateways SET enabled = 0 WHERE gateway = 'blue1'")
        s.lab.ctl("reload")
        gone = s.register()
        t.check(gone and gone.get("Expires") == "0", "a gateway that is disabled: taken back")
        accept(s, gone, 0)
        # a node that others register for
        s.sql("UPDATE gateways SET enabled = 1 WHERE gateway = 'blue1'")
        with open(s.lab.path("lcrproxy.conf"), encoding="utf-8") as file:
            text = file.read()
        with open(s.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace("register = {", "register = { enabled = false;"))
        s.lab.ctl("reload")
        t.check(not s.registrar.wait("REGISTER", 1.5), "register.enabled = false: this node does not")
        s.call(t, s.registrar, NUMBER, "and calls go to it all the same")


def test_required(t):
    """a gateway that wants a registration gets no calls without one"""
    with Scene(HEAD + BLUE.replace(",yes,", ",required,") + RED) as s:
        digest = Digest(s)
        request = s.register()
        s.call(t, s.red, NUMBER, "not registered: the call goes to the next")
        t.check("not registered at the gateway" in s.lab.ctl("route", NUMBER, "--account", "acme"), "lcrctl route says why",
                s.lab.ctl("route", NUMBER, "--account", "acme"))
        digest.challenge(request)
        accept(s, s.register(), 4)
        t.check(s.until("registered"), "registered")
        invite = s.call(t, s.registrar, NUMBER, "registered: the call goes there")
        t.check(invite and not invite.get("Authorization"), "and REGISTER's nonce is not for calls", invite)
        t.check(s.until("failed", 6), "a registrar that says nothing more: it lapses", s.state())
        s.call(t, s.red, NUMBER, "then the next again")


def test_dead(t):
    """nobody there: pauses that grow, and a registrar that comes back is found"""
    with Scene(make=lambda: Peer(5399)) as s:
        time.sleep(7)
        sent = s.counters()["registers"]
        t.check(2 <= sent <= 8, "few REGISTERs to a closed port", sent)
        t.check(s.state()["state"] == "failed" and s.state()["cause"] == "cannot be reached", "failed, and why", s.state())
        s.registrar.close()
        s.registrar = Peer(5391)
        request = s.register(6)
        t.check(request is not None, "it is asked again")
        accept(s, request)
        t.check(s.until("registered"), "and takes it")


def test_silent(t):
    """a registrar that never says a word costs no calls, and a name's next place is tried"""
    zone = "_sip._udp.voice SRV 1 0 5391 one\n_sip._udp.voice SRV 2 0 5393 two\none A 127.0.0.1\ntwo A 127.0.0.1\n"
    settings = SETTINGS + f'dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 700; }};'
    gateways = HEAD + "blue1,blue,sip:voice.test,0,yes,,,600\n" + RED
    scene = Scene(gateways, settings)
    two = Peer(5393)
    prepare = scene.lab.prepare

    def prepare_with_dns():
        prepare()
        NameServer(scene.lab, DNS_PORT, zone)
    scene.lab.prepare = prepare_with_dns
    with scene as s:
        one = s.register()
        t.check(one and one.start == "REGISTER sip:voice.test SIP/2.0" and one.get("To") == f"<sip:{USER}@voice.test>", "by name", one)
        n, began = 1, time.time()
        while time.time() - began < 31.5:
            n += s.registrar.wait("REGISTER", 0.5) is not None
        t.check(9 <= n <= 11, "retransmitted by timer E", n)
        t.check(s.state()["state"] == "trying", "still trying", s.state())
        s.call(t, s.red, "+442079460000", "calls go on")
        other = two.wait("REGISTER", 4)
        t.check(other and other.get("Call-ID") == one.get("Call-ID") and cseq(other) == 2, "silence: the next place", other)
        s.registrar.close()
        s.registrar = two
        answer_bare(two, other, 200, f"Contact: {other.get('Contact')}\r\n")
        t.check(s.until("registered"), "and is registered there", s.state())


def test_streams(t):
    """over TCP and TLS: the connection is the way back; when it is lost, it registers again"""
    for what, uri, make in (("TCP", "sip:127.0.0.1:5391;transport=tcp", lambda: StreamPeer(5391)),
                            ("TLS", "sip:127.0.0.1:5391;transport=tls", lambda: StreamPeer(5391, tls=server_tls("ip"))),
                            ("sips", "sips:127.0.0.1:5391", lambda: StreamPeer(5391, tls=server_tls("ip")))):
        with Scene(HEAD + f"blue1,blue,{uri},0,yes,,,600\n" + RED, make=make, listen=streams.listeners()) as s:
            digest = Digest(s)
            request = s.register()
            contact = {"TCP": f"<sip:{USER}@127.0.0.1:{PORT};transport=tcp>", "TLS": f"<sip:{USER}@127.0.0.1:{TLS_PORT};transport=tls>",
                       "sips": f"<sips:{USER}@127.0.0.1:{TLS_PORT}>"}[what]
            t.check(request and request.get("Contact").startswith(contact), f"{what}: the Contact", request and request.headers)
            digest.challenge(request)
            request = s.register()
            t.check(request and digest.right(request), f"{what}: challenged, it goes again")
            accept(s, request)
            t.check(s.until("registered"), f"{what}: registered")
            for connection in s.registrar.connections:
                connection.close()
            began, again = time.time(), s.register()
            t.check(again and digest.right(again, 2) and time.time() - began < 3, f"{what}: the connection is lost: again, soon", again)
            accept(s, again)
            for connection in s.registrar.connections:
                connection.close()
            began, again = time.time(), s.register(6)
            t.check(again and time.time() - began >= 0.45, f"{what}: and later when that goes on", time.time() - began)
            accept(s, again)
            s.lab.daemon.send_signal(15)
            last = s.register()
            t.check(last and last.get("Expires") == "0", f"{what}: taken back")
            accept(s, last, 0)
            t.check(s.lab.daemon.wait(10) == 0, f"{what}: and the daemon leaves")


def test_many(t):
    """many registrations at a dead carrier: no storm, and the end of the daemon does not wait for it"""
    rows = "".join(f"blue{i},blue,sip:127.0.0.1:5391,0,yes,sip:{i}@127.0.0.1,,600\n" for i in range(1, 301))
    with Scene(HEAD + rows + RED) as s:
        began, times = time.time(), []
        while time.time() - began < 4.5:
            message = s.registrar.wait("REGISTER", 0.2)
            if message and cseq(message) == 1 and message.get("Call-ID") not in [key for key, _ in times]:
                times.append((message.get("Call-ID"), time.time() - began))
        t.check(len(times) == 300, "each registers", len(times))
        most = max(sum(start <= at < start + 0.5 for _, at in times) for start in (0.5 * i for i in range(9)))
        t.check(most <= 70, "not all at once", most)
        call = Call(s.caller, PORT, "+442079460000")
        call.invite()
        invite = s.red.wait("INVITE", call_id=call.call_id)
        s.red.answer(invite, 486)
        t.check(s.caller.wait(486, call_id=call.call_id), "calls go on")
        began = time.time()
        s.lab.stop()
        t.check(time.time() - began < 6, "the daemon leaves all the same", time.time() - began)


def kamailio(scene, algorithm, expires, minimum):
    with open(os.path.join(HERE, "kamailio_registrar.cfg"), encoding="utf-8") as file:
        text = file.read()
    for before, after in (("LISTEN", "5395"), ("ALGORITHM", algorithm), ("EXPIRES", str(expires)), ("MINIMUM", str(minimum))):
        text = text.replace(before, after)
    with open(scene.lab.path("carrier.cfg"), "w", encoding="utf-8") as file:
        file.write(text)
    os.makedirs(scene.lab.path("run"), exist_ok=True)
    return scene.lab.spawn(["kamailio", "-DD", "-f", scene.lab.path("carrier.cfg"), "-Y", scene.lab.path("run"), "-m", "16", "-M", "4"],
                           "kamailio.log", start_new_session=True)


def carrier_call(t, s, what):
    """Somebody calls the registered number by the carrier: it comes to our Contact, as the carrier's, and to the user behind it."""
    call = Call(s.caller, 5395, USER, uri=f"sip:{USER}@127.0.0.1")
    call.invite()
    invite = s.bob.wait("INVITE", 4, call.call_id)
    if not t.check(invite is not None, f"{what}: a call by the carrier comes to our user", s.log()[-600:] + s.lab.read("kamailio.log")[-600:]):
        return
    s.bob.answer(invite, 200)
    ok = s.caller.wait(200, call_id=call.call_id)
    call.learn(ok)
    call.ack()
    t.check(s.bob.wait("ACK", call_id=call.call_id), f"{what}: and is answered")
    call.send("BYE")
    bye = s.bob.wait("BYE", call_id=call.call_id)
    s.bob.answer(bye, 200)
    t.check(s.caller.wait(200, call_id=call.call_id), f"{what}: and ended")


def test_kamailio(t):
    """Kamailio as the registrar (usrloc, registrar, auth): MD5 and SHA-256, UDP and TCP; calls come back by it; it restarts"""
    if shutil.which("kamailio") is None:
        t.skipped += 1
        return
    for algorithm, transport in (("MD5", "udp"), ("SHA-256", "udp"), ("SHA-256", "tcp")):
        what = f"{algorithm} {transport}"
        gateways = HEAD + f"blue1,blue,sip:127.0.0.1:5395;transport={transport},0,required,,,120\n" + RED
        listen = streams.listeners() if transport == "tcp" else None
        with Scene(gateways, tables={"users": BOB, "trunks": "account,address,port\nacme,127.0.0.1,5380\n"}, listen=listen) as s:
            daemon = kamailio(s, algorithm, 6 if transport == "udp" else 3600, 1 if transport == "udp" else 300)
            t.check(s.until("registered", 12), f"{what}: registered at Kamailio", (s.state(), s.lab.read("kamailio.log")[-1500:]))
            carrier_call(t, s, what)
            if transport == "tcp":
                expires = s.state()["expires"]
                t.check(s.counters()["registers"] >= 3 and expires, f"{what}: its 423 (Min-Expires 300) was heeded", s.counters()["registers"])
            else:
                before = s.counters()["registered"]
                time.sleep(4)
                t.check(s.counters()["registered"] > before and s.state()["state"] == "registered", f"{what}: refreshed: it grants 6 s", s.state())
                daemon.terminate()
                daemon.wait()
                t.check(s.until("failed", 8), f"{what}: Kamailio is down: not registered", s.state())
                daemon = kamailio(s, algorithm, 6, 1)
                t.check(s.until("registered", 12), f"{what}: it is back without memory: registered again", s.state())
                carrier_call(t, s, what)
            s.lab.stop()
            t.check("registration taken back" in s.log() and 'cause=""' in s.log(), f"{what}: taken back at the end", s.log()[-500:])
            call = Call(s.caller, 5395, USER, uri=f"sip:{USER}@127.0.0.1")
            call.invite()
            t.check(s.caller.wait(480, call_id=call.call_id), f"{what}: Kamailio knows nobody any more")
            daemon.terminate()
            daemon.wait()


Tests().run(test_digest, test_answers, test_credentials, test_reload, test_required, test_dead, test_silent, test_streams, test_many, test_kamailio)
