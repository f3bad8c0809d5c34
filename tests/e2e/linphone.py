"""linphone - linphonec, a user agent of others that knows SHA-256, driven by its commands"""
import os
import subprocess
import time


class Linphone:
    """user logs in with password when asked; all goes to proxy. It sends and takes no sound: its media lead nowhere."""

    def __init__(self, lab, name, user, password, domain, port, proxy, algorithm="SHA-256"):
        self.lab, self.log = lab, name + ".log"
        home = lab.path(name)
        os.makedirs(os.path.join(home, ".local/share/linphone"))  # it does not make it, and cannot be without
        config = os.path.join(home, "linphonerc")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""[sip]
sip_port={port}
sip_tcp_port=-1
sip_tls_port=-1
default_proxy=0
guess_hostname=1
register_only_when_network_is_up=0
use_ipv6=0
media_encryption=none
[misc]
store_friends=0
[net]
dns_srv_enabled=0
[sound]
playback_dev_id=
[auth_info_0]
username={user}
passwd={password}
realm={domain}
domain={domain}
algorithm={algorithm}
[proxy_0]
reg_proxy=<sip:127.0.0.1:{proxy}>
reg_route=<sip:127.0.0.1:{proxy};lr>
reg_identity=<sip:{user}@{domain}>
reg_sendregister=0
publish=0
""")
        self.process = subprocess.Popen(["linphonec", "-c", config, "-d", "6", "-l", lab.path(name + ".debug")], stdin=subprocess.PIPE, text=True,
                                        stdout=open(lab.path(self.log), "ab"), stderr=subprocess.STDOUT, cwd=home,
                                        env=dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home))
        lab.processes.append(self.process)
        self.command("soundcard use files")

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def said(self, text, seconds=8.0):
        """Whether it has said this by then."""
        deadline = time.time() + seconds
        while time.time() < deadline:
            if text in self.lab.read(self.log):
                return True
            time.sleep(0.05)
        return False

    def close(self):
        if self.process.poll() is None:
            self.command("quit")
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
