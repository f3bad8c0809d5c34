"""peer - a scripted SIP party on a UDP socket: sends exactly the bytes it is told, and waits for what it expects"""
import itertools
import random
import re
import socket
import time

NUMBERS = itertools.count(1)
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"


class Message:
    """A received message: start line, headers in order, body."""

    def __init__(self, data, source):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        self.source = source

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        return (self.all(name) or [""])[0]

    @property
    def method(self):
        return "" if self.start.startswith("SIP/2.0") else self.start.split(" ")[0]

    @property
    def status(self):
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0") else 0

    def __repr__(self):
        return self.start


class Peer:
    via, params, host = "UDP", "", "127.0.0.1"  # of the Vias and Contacts it writes
    scheme = "sip"  # of the Contacts
    sent_by = None  # the host in its Vias, when it is another
    proxy = "127.0.0.1"  # where that listens

    def __init__(self, port, address="127.0.0.1"):
        self.port = port
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((address, port))

    def close(self):
        self.socket.close()

    def send(self, text, port):
        data = text if isinstance(text, bytes) else text.encode()
        self.socket.sendto(data, (self.proxy, port))

    def next(self, seconds=2.0):
        self.socket.settimeout(seconds)
        try:
            return Message(*self.socket.recvfrom(65536))
        except (TimeoutError, socket.timeout):
            return None

    def wait(self, what, seconds=2.0, call_id=None):
        """The next message that is `what`, a method or a status (of that call); others are passed over. None when it does not come."""
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            message = self.next(left)
            if message and what in (message.method, message.status) and call_id in (None, message.get("Call-ID")):
                return message
        return None

    def quiet(self, seconds=0.3):
        return self.next(seconds) is None

    # --- as a gateway ---

    def answer(self, request, status, reason="", tag="gw", headers="", body="", contact=True):
        lines = [f"SIP/2.0 {status} {reason or 'Reason'}"]
        lines += [f"Via: {value}" for value in request.all("Via")]
        to = request.get("To")
        if tag and ";tag=" not in to:
            to += ";tag=" + tag
        lines += [f"From: {request.get('From')}", f"To: {to}", f"Call-ID: {request.get('Call-ID')}",
                  f"CSeq: {request.get('CSeq')}"]
        lines += [f"Record-Route: {value}" for value in request.all("Record-Route")]
        if contact:
            lines += [f"Contact: <{self.scheme}:gateway@{self.host}:{self.port}{self.params}>"]
        text = "\r\n".join(lines) + "\r\n" + headers + f"Content-Length: {len(body)}\r\n\r\n" + body
        self.send(text, request.source[1])


class Call:
    """A caller's side of one dialog."""

    def __init__(self, peer, proxy, number, **more):
        n = next(NUMBERS)
        self.peer, self.proxy = peer, proxy
        self.uri = more.get("uri", f"sip:{number}@127.0.0.1:{proxy}")
        self.call_id = more.get("call_id", f"call-{n}-{random.randrange(1 << 32)}@test")
        self.from_tag, self.to = f"caller{n}", f"<{self.uri}>"
        self.branch, self.cseq, self.routes, self.target = "", 0, [], self.uri

    def request(self, method, headers="", body="", cseq=None, branch=None, uri=None):
        if cseq is None:
            self.cseq += 1
        self.branch = branch or f"z9hG4bK{random.randrange(1 << 48):x}"
        sent_by = f"{self.peer.sent_by or '127.0.0.1'}:{self.peer.port}"
        lines = [f"{method} {uri or self.target} SIP/2.0", f"Via: SIP/2.0/{self.peer.via} {sent_by};branch={self.branch}",
                 "Max-Forwards: 70", f"From: \"caller\" <sip:+49891234567@127.0.0.1>;tag={self.from_tag}", f"To: {self.to}",
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq or self.cseq} {method}",
                 f"Contact: <{self.peer.scheme}:caller@{self.peer.host}:{self.peer.port}{self.peer.params}>"]
        lines += [f"Route: {route}" for route in self.routes]
        return "\r\n".join(lines) + "\r\n" + headers + f"Content-Length: {len(body)}\r\n\r\n" + body

    def send(self, *words, **more):
        text = self.request(*words, **more)
        self.peer.send(text, self.proxy)
        return text

    def invite(self, headers=""):
        self.sent = self.send("INVITE", headers, SDP)
        return self.sent

    def cancel(self, headers=""):
        self.peer.send(self.sent.replace("INVITE ", "CANCEL ", 1).replace(" INVITE\r\n", " CANCEL\r\n", 1)
                       .split("Contact:")[0] + headers + "Content-Length: 0\r\n\r\n", self.proxy)

    def learn(self, response):
        """Take the dialog from a 2xx."""
        self.to = response.get("To")
        self.routes = [value.strip() for row in response.all("Record-Route") for value in row.split(",")][::-1]
        self.target = re.search(r"<([^>]+)>", response.get("Contact")).group(1)

    def ack(self):
        self.ack_of(1)

    def ack_of(self, cseq):
        self.peer.send(self.request("ACK", cseq=cseq), self.proxy)

    def be_answered(self, gateway, headers=""):
        """From the INVITE to the ACK, with these headers in the 2xx; the INVITE the gateway got."""
        self.invite()
        invite = gateway.wait("INVITE", call_id=self.call_id)
        gateway.answer(invite, 200, headers=headers)
        self.learn(self.peer.wait(200, call_id=self.call_id))
        self.ack()
        gateway.wait("ACK", call_id=self.call_id)
        return invite

    def callee_request(self, gateway, method, invite, headers="", hop=None):
        """A request of the other side, by the route set it has from the INVITE it got; hop: the port of its first hop."""
        lines = [f"{method} {self.peer.scheme}:caller@{self.peer.host}:{self.peer.port}{self.peer.params} SIP/2.0",
                 f"Via: SIP/2.0/{gateway.via} 127.0.0.1:{gateway.port};branch=z9hG4bK{random.randrange(1 << 48):x}", "Max-Forwards: 70",
                 f"From: {self.to}", f"To: {invite.get('From')}", f"Call-ID: {self.call_id}", f"CSeq: 1 {method}"]
        lines += [f"Route: {route}" for route in invite.all("Record-Route")]
        text = "\r\n".join(lines) + "\r\n" + headers + "Content-Length: 0\r\n\r\n"
        gateway.send(text, hop or self.proxy)
