"""tunnel - TLS for programs that do not speak it: takes connections on a port, and passes each on in or out of TLS"""
import select
import socket
import ssl
import threading


class Tunnel(threading.Thread):
    """In front of a server when context is a server's, behind a client when it is a client's (with the server's name)."""

    def __init__(self, port, to, context, name=None):
        super().__init__(daemon=True)
        self.port, self.to, self.context, self.server_name = port, to, context, name
        self.connections, self.is_over = 0, False
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(16)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.join()
        self.listener.close()

    def run(self):
        pairs = {}  # socket: the other one
        while not self.is_over:
            for sock in select.select([self.listener, *pairs], [], [], 0.05)[0]:
                if sock is self.listener:
                    self.take(pairs)
                elif sock in pairs:
                    self.pass_on(pairs, sock)
        for sock in pairs:
            sock.close()

    def take(self, pairs):
        near, _ = self.listener.accept()
        try:
            far = socket.create_connection(self.to, timeout=5)
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(5)
            if self.server_name:
                far = self.context.wrap_socket(far, server_hostname=self.server_name)
            else:
                near = self.context.wrap_socket(near, server_side=True)
        except OSError:
            near.close()
            return
        self.connections += 1
        pairs[near], pairs[far] = far, near

    @staticmethod
    def pass_on(pairs, sock):
        other = pairs[sock]
        try:
            sock.settimeout(0)
            data = sock.recv(65536)
            while isinstance(sock, ssl.SSLSocket) and sock.pending():
                data += sock.recv(65536)
            other.settimeout(5)
            other.sendall(data)
        except ssl.SSLWantReadError:
            return  # a ticket, for example
        except OSError:
            data = b""
        if not data:
            for one in (sock, other):
                del pairs[one]
                one.close()
