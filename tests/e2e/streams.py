"""streams - what the tests of TCP and TLS share: a lab with all transports, calls over it, certificates"""
import os
import ssl

from lab import HERE, Lab
from zone import NameServer

PORT, TLS_PORT, DNS_PORT = 5360, 5361, 5353
NUMBER = "+498912345678"
TLS_DATA = os.path.join(os.path.dirname(HERE), "data", "tls")
SETTINGS = f'''routing = {{ first_response_timeout_ms = 1000; ringing_timeout_ms = 3000; }};
dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 700; }};'''
HEAD = "gateway,carrier,uri,priority\n"
RED = "red1,red,sip:127.0.0.1:5392,9\n"


def pem(name):
    return os.path.join(TLS_DATA, name + ".pem")


def listeners(certificate=None, more=""):
    return (f'{{ uri = "sip:127.0.0.1:{PORT};transport=udp"; }}, {{ uri = "sip:127.0.0.1:{PORT};transport=tcp"; }}, '
            f'{{ uri = "sips:127.0.0.1:{TLS_PORT}"; certificate = "{certificate or pem("dns")}"; ca = "{pem("ca")}"; '
            f'verify_clients = true; {more} }}')


def server_tls(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem(name))
    return context


def client_tls(name=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pem("ca"))
    if name:
        context.load_cert_chain(pem(name))
    return context


class Scene:
    """A lab with all transports, and peers that are closed in the end."""

    def __init__(self, build, gateway, zone=None, workers=1, listen=None, settings=SETTINGS, tables=None):
        self.lab = Lab(build, "transports", workers=workers, port=PORT, settings=settings, gateways=HEAD + gateway + RED,
                       listen=listen or listeners(), tables=tables)
        self.zone, self.peers = zone, []

    def __enter__(self):
        self.lab.prepare()
        self.dns = NameServer(self.lab, DNS_PORT, self.zone) if self.zone is not None else None
        self.lab.start()
        return self

    def peer(self, peer):
        self.peers.append(peer)
        return peer

    def __exit__(self, kind, value, trace):
        for peer in self.peers:
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)


def answer_call(t, call, gateway, what):
    """INVITE to a gateway that answers, ACK. Returns the INVITE as it came, and the answer."""
    call.invite()
    invite = gateway.wait("INVITE")
    if not t.check(invite is not None, f"{what}: the INVITE comes"):
        raise RuntimeError("no INVITE")
    gateway.answer(invite, 180)
    gateway.answer(invite, 200)
    answer = call.peer.wait(200)
    if not t.check(answer is not None, f"{what}: the answer comes"):
        raise RuntimeError("no 200")
    call.learn(answer)
    call.ack()
    t.check(gateway.wait("ACK") is not None, f"{what}: the ACK comes")
    return invite, answer


def hang_up(t, call, gateway, what):
    call.send("BYE")
    bye = gateway.wait("BYE")
    t.check(bye is not None, f"{what}: the caller's BYE comes")
    if bye:
        gateway.answer(bye, 200)
        t.check(call.peer.wait(200) is not None, f"{what}: it is answered")


def callee_hangs_up(t, call, gateway, invite, what, hop=None):
    call.callee_request(gateway, "BYE", invite, hop=hop)
    bye = call.peer.wait("BYE")
    t.check(bye is not None, f"{what}: the callee's BYE comes")
    if bye:
        call.peer.answer(bye, 200)
        t.check(gateway.wait(200) is not None, f"{what}: it is answered")


def one_record(t, lab, what, status="answered"):
    lab.wait_shipped()
    records = [row for row in lab.records() if row["status"] == status]
    t.check(len(records) == 1 and (status != "answered" or records[0]["end_time"]), f"{what}: one record, ended", records)
    return records[0] if records else {}
