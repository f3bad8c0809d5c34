"""stream - a scripted SIP party over TCP or TLS, otherwise as in peer.py"""
import re
import select
import socket
import ssl
import time

from peer import Message, Peer


class Connection:
    def __init__(self, sock):
        self.socket, self.data, self.is_open = sock, b"", True

    def read(self):
        """What the socket has now; closes at its end."""
        try:
            data = self.socket.recv(65536)
            while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
                data += self.socket.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        self.data += data

    def next(self, with_pings=False):
        """The next whole message, or a keep-alive as text: two pongs together look like a ping."""
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if with_pings and self.data.startswith(b"\r\n\r\n"):
            self.data = self.data[4:]
            return "\r\n\r\n"
        if self.data.startswith(b"\r\n"):
            self.data = self.data[2:]
            return "\r\n"
        if not end:
            return None
        length = int(re.search(rb"\r\n(?:Content-Length|l)\s*:\s*0*(\d+)", head, re.I).group(1))
        if len(rest) < length:
            return None
        self.data = rest[length:]
        return Message(head + end + rest[:length], ("stream", self))

    def close(self):
        self.is_open = False
        self.socket.close()


class StreamPeer(Peer):
    """Listens on its port, and connects to the proxy when it has something to say first."""

    server_name = "sip.example.net"  # whom a TLS server must prove to be
    source = None  # where it connects from

    def __init__(self, port, tls=None, client_tls=None, listen=True, address="127.0.0.1"):  # pylint: disable=super-init-not-called
        self.port, self.tls, self.client_tls, self.address = port, tls, client_tls, address
        self.via, self.params = ("TLS", ";transport=tls") if tls or client_tls else ("TCP", ";transport=tcp")
        self.connections, self.up, self.pongs, self.accepted = [], None, 0, 0
        self.pings, self.answers_pings = 0, None
        self.listener = None
        if listen:
            self.open_listener()

    def open_listener(self):
        self.listener = socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.address, self.port))
        self.listener.listen(64)

    def close(self):
        for connection in self.connections:
            connection.close()
        self.connections, self.up = [], None
        if self.listener:
            self.listener.close()
            self.listener = None

    def connect(self, port):
        sock = socket.socket(socket.AF_INET6 if ":" in self.proxy else socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(5)
        if self.source:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(self.source)
        sock.connect((self.proxy, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.client_tls:
            sock = self.client_tls.wrap_socket(sock, server_hostname=self.server_name)
        self.up = Connection(sock)
        self.connections.append(self.up)
        return self.up

    def send(self, text, port):
        data = text if isinstance(text, bytes) else text.encode()
        connection = port if isinstance(port, Connection) else self.up
        if connection is None or not connection.is_open:
            connection = self.connect(port)
        connection.socket.settimeout(5)
        connection.socket.sendall(data)

    def accept(self):
        sock, _ = self.listener.accept()
        self.accepted += 1
        if self.tls:
            sock.settimeout(5)
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except OSError:
                return
        self.connections.append(Connection(sock))

    def next(self, seconds=2.0):
        deadline = time.time() + seconds
        while True:
            self.connections = [c for c in self.connections if c.is_open or c.data]
            for connection in self.connections:
                message = connection.next(self.answers_pings is not None)
                if message == "\r\n\r\n":
                    self.pings += 1
                    if self.answers_pings:
                        connection.socket.settimeout(5)
                        connection.socket.sendall(b"\r\n")
                elif message == "\r\n":
                    self.pongs += 1
                elif message:
                    return message
            left = deadline - time.time()
            if left <= 0:
                return None
            sources = {c.socket.fileno(): c for c in self.connections if c.is_open}
            listening = [self.listener.fileno()] if self.listener else []
            ready, _, _ = select.select([*sources, *listening], [], [], left)
            for number in ready:
                if number in sources:
                    sources[number].socket.settimeout(0)
                    sources[number].read()
                else:
                    self.accept()
