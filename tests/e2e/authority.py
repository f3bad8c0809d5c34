"""authority - a certificate authority of a moment"""
import os
import subprocess

LEAF = "basicConstraints=CA:FALSE\n"


class Authority:
    """Its files are in folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                     "-keyout", self.path(name, "key"), "-out", self.path(name, "crt"))

    def path(self, name, end):
        return os.path.join(self.folder, f"{name}.{end}")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    def sign(self, name, days, extensions, with_chain=False):
        """A file of key and certificate (and our own behind it)."""
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout",
                     self.path(name, "key"), "-out", self.path(name, "csr"))
        with open(self.path(name, "ext"), "w", encoding="ascii") as file:
            file.write(extensions)
        self.openssl("x509", "-req", "-in", self.path(name, "csr"), "-CA", self.path(self.name, "crt"), "-CAkey", self.path(self.name, "key"),
                     "-CAcreateserial", "-days", str(days), "-extfile", self.path(name, "ext"), "-out", self.path(name, "crt"))
        parts = [(name, "crt"), *([(self.name, "crt")] if with_chain else []), (name, "key")]
        with open(self.path(name, "pem"), "w", encoding="ascii") as out:
            for part in parts:
                with open(self.path(*part), encoding="ascii") as file:
                    out.write(file.read())
        return self.path(name, "pem")

    def below(self, name):
        """An authority that this one has signed."""
        self.sign(name, 30, "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
        other = Authority.__new__(Authority)
        other.folder, other.name = self.folder, name
        return other
