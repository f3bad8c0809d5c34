"""relay - between a client and PostgreSQL, on Unix sockets; knows where a transaction is and can be in its way there

Frontend messages are a type, a length and a body, after a first one without a type (PostgreSQL, 55.7). What is to happen
at a COMMIT, or with a piece of a COPY, is asked of `choose`, which knows one of these words or None:

before     the connection is cut, and the COMMIT not passed on
after      it is passed on, done, and the connection cut instead of the answer
blind      it is passed on, and the connection cut at once: nobody knows
mute       it is passed on, and then nothing is any more, the connection stays
halfopen   it is not passed on, and nothing is any more
terminate  it is passed on while the server's process gets a SIGTERM
kill       ... a SIGKILL, upon which PostgreSQL restarts itself
cancel     (of a COPY) the statement is cancelled
cut        (of a COPY) half of the piece is passed on, and the connection cut
"""
import os
import signal
import socket
import struct
import threading


class Link:
    """One connection; two threads."""

    def __init__(self, relay, near):
        self.relay, self.near, self.pid = relay, near, 0
        self.swallows = self.is_dead = False
        self.far = socket.socket(socket.AF_UNIX)
        try:
            self.far.connect(relay.to)
        except OSError:
            self.close()
            return
        for what in (self.up, self.down):
            threading.Thread(target=self.guarded, args=(what,), daemon=True).start()

    def guarded(self, what):
        try:
            what()
        except OSError:
            pass
        self.close()

    def close(self):
        self.is_dead = True
        for sock in (self.near, self.far):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def up(self):
        data, first = b"", True
        while True:
            piece = self.near.recv(1 << 18)
            if not piece:
                return
            data += piece
            while True:
                head = 0 if first else 1
                if len(data) < head + 4:
                    break
                size = head + struct.unpack_from("!I", data, head)[0]
                if len(data) < size:
                    break
                message, data, first = data[:size], data[size:], False
                if not self.take(message):
                    return

    def take(self, message):
        """Pass a message on; False: the connection is over."""
        word = None
        if message[:1] == b"Q" and message[5:] == b"COMMIT\0":
            word = self.relay.ask("commit")
        elif message[:1] == b"d":
            word = self.relay.ask("copy")
        if word in ("before", "cut"):
            self.far.sendall(message[:len(message) // 2] if word == "cut" else b"")
            return False
        if word in ("terminate", "kill", "cancel") and self.pid:
            self.far.sendall(message)
            os.kill(self.pid, {"terminate": signal.SIGTERM, "kill": signal.SIGKILL, "cancel": signal.SIGINT}[word])
            return True
        if word in ("mute", "halfopen", "after"):
            self.swallows = word
        if word == "halfopen":
            while self.near.recv(1 << 18):
                pass
            return False
        self.far.sendall(message)
        return word != "blind"

    def down(self):
        data = b""
        while True:
            piece = self.far.recv(1 << 18)
            if not piece:
                return
            if self.swallows == "after":  # until the server is ready for the next query
                data += piece
                if data.endswith(b"Z\0\0\0\5I") or data.endswith(b"Z\0\0\0\5E"):
                    return
                continue
            if self.swallows:
                continue
            if not self.pid and b"K\0\0\0\x0c" in piece:
                self.pid = struct.unpack_from("!I", piece, piece.index(b"K\0\0\0\x0c") + 5)[0]
            self.near.sendall(piece)


class Relay(threading.Thread):
    """Listens in a directory as a server would on that port, for one at `to`."""

    def __init__(self, directory, to, choose=lambda moment: None, port=5433):
        super().__init__(daemon=True)
        os.makedirs(directory, exist_ok=True)
        self.directory, self.to, self.choose = directory, to, choose
        self.lock, self.counts = threading.Lock(), {}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(directory, f".s.PGSQL.{port}"))
        self.listener.listen(64)
        self.start()

    def run(self):
        while True:
            near, _ = self.listener.accept()
            Link(self, near)

    def ask(self, moment):
        with self.lock:
            word = self.choose(moment)
            if word:
                self.counts[word] = self.counts.get(word, 0) + 1
            elif moment == "commit":
                self.counts["passed"] = self.counts.get("passed", 0) + 1
            return word
