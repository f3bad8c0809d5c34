"""agent - baresip, a user agent of others, driven over its control socket"""
import json
import os
import re
import socket
import time


class Baresip:
    """A user agent, driven over its control socket."""

    def __init__(self, lab, name, user, port, control, more="", settings=()):
        folder = lab.path(name)
        os.mkdir(folder)
        modules = ("account.so", "contact.so", "menu.so", "ctrl_tcp.so", "g711.so", "aubridge.so")
        config = [f"sip_listen 127.0.0.1:{port}", "module_path /usr/lib/baresip/modules", f"ctrl_tcp_listen 127.0.0.1:{control}",
                  "audio_source aubridge,x", "audio_player aubridge,x", "audio_alert aubridge,y", "call_max_calls 4", "net_interface lo", *settings]
        config += [("module_app " if m in ("account.so", "contact.so", "menu.so", "ctrl_tcp.so") else "module ") + m for m in modules]
        for file, text in (("config", "\n".join(config)), ("accounts", f"<sip:{user}@127.0.0.1>;regint=0;audio_codecs=PCMA{more}"), ("contacts", "")):
            with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
                out.write(text + "\n")
        self.process = lab.spawn(["baresip", "-4", "-f", folder, "-v", "-s"], name + ".log")
        self.buffer, self.events = b"", []
        for _ in range(100):
            try:
                self.socket = socket.create_connection(("127.0.0.1", control), 1)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"baresip {name} did not start:\n{lab.read(name + '.log')[-2000:]}")

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params, "token": name}).encode()
        self.socket.sendall(str(len(text)).encode() + b":" + text + b",")

    def close(self):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def wait(self, kind, seconds=5.0):
        """The next event of a type, e.g. CALL_ESTABLISHED."""
        end = time.time() + seconds
        while time.time() < end:
            match = re.match(rb"(\d+):", self.buffer)
            if match and len(self.buffer) > match.end() + int(match.group(1)):
                stop = match.end() + int(match.group(1))
                event = json.loads(self.buffer[match.end():stop])
                self.buffer = self.buffer[stop + 1:]
                self.events.append(event.get("type", ""))
                if event.get("type") == kind:
                    return event
                continue
            self.socket.settimeout(max(0.01, end - time.time()))
            try:
                self.buffer += self.socket.recv(65536)
            except (TimeoutError, OSError):
                break
        return None
