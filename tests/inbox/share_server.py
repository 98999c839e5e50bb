"""Real smbd and sshd on this machine's loopback, with accounts that the generated script made; and their clients.

Everything lies in a folder of its own below /srv (sshd wants no folder on the way that others can write to), accounts
have a prefix of their own, and `close` takes all of it away again.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kybaocao.cli import main
from kybaocao.embedded.system import find_free_port
from kybaocao.home import Home

NEEDED = ("smbd", "smbclient", "smbpasswd", "sshd", "sftp", "ssh-keygen", "setfacl", "openssl", "findmnt", "pkill")
SYSTEM_UID = 50_000  # of the system in its container
_SMB = """
   smb ports = {port}
   interfaces = 127.0.0.1
   bind interfaces only = yes
   disable netbios = yes
   smb2 max write = 65536
   private dir = {root}/samba
   state directory = {root}/samba
   cache directory = {root}/samba
   lock directory = {root}/samba
   pid directory = {root}/samba
   ncalrpc dir = {root}/samba/ncalrpc
"""
_SSH = """
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/ssh-key
PidFile {root}/sshd.pid
UsePAM yes
Subsystem sftp internal-sftp
Include {recipes}/sshd.conf
"""
_SSH_OPTIONS = (
    "-oStrictHostKeyChecking=no",
    "-oUserKnownHostsFile=/dev/null",
    "-oPubkeyAuthentication=no",
    "-oNumberOfPasswordPrompts=1",
    "-oBatchMode=no",
)


def find_hindrance() -> str:
    """Why no real servers can be started here; "" where they can."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (Debian: samba smbclient openssh-server acl)"
    if os.geteuid() != 0:
        return "only root can make accounts and mount folders"
    folder = Path(tempfile.mkdtemp(prefix="kbc-thu-", dir="/srv"))
    try:
        for name in ("a", "b"):
            (folder / name).mkdir()
        if subprocess.run(["mount", "--bind", folder / "a", folder / "b"], check=False, capture_output=True).returncode:
            return "folders cannot be mounted here"
        subprocess.run(["umount", folder / "b"], check=True)
        rights = subprocess.run(["setfacl", "-m", "u:50000:r", folder / "a"], check=False, capture_output=True)
        return "no ACL on the disk of /srv" if rights.returncode else ""
    finally:
        shutil.rmtree(folder)


class ShareServer:
    """`root` holds the data folder (`home`), the generated files (`recipes`) and what the servers need."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="kbc-thu-", dir="/srv"))
        self.root.chmod(0o755)
        self.home = Home(self.root / "data")
        self.recipes, self.entrance = self.root / "recipes", self.root / "entrance"
        self.prefix = f"t{secrets.token_hex(3)}"
        self.passwords: dict[str, str] = {}  # agency -> of its newest slip
        self._servers: list[subprocess.Popen[bytes]] = []
        self.smb_port, self.ssh_port = find_free_port(), find_free_port()
        self.home.root.mkdir()
        self.home.root.chmod(0o711)
        os.chown(self.home.root, SYSTEM_UID, 0)
        for name in ("samba", "log"):
            (self.root / name).mkdir(mode=0o700)
        self.fstab = self.root / "fstab"
        self.fstab.touch()

    # --- making ---------------------------------------------------------------------------------------------------

    def generate(self, *words: str) -> None:
        """Call `make-shares` with the plan of KYBAOCAO_CONFIG."""
        places = ["--data", str(self.home.root), "--entrance", str(self.entrance), "--owner", str(SYSTEM_UID)]
        assert (
            main(["make-shares", str(self.recipes), "--server", "127.0.0.1", "--prefix", self.prefix, *places, *words])
            == 0
        )
        more = _SMB.format(port=self.smb_port, root=self.root)
        text = (self.recipes / "samba.conf").read_text(encoding="utf-8").replace("[global]\n", f"[global]{more}")
        (self.root / "smb.conf").write_text(text.replace("/var/log/samba/", f"{self.root}/log/"), encoding="utf-8")

    def run_script(self, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
        """The script as root runs it; `path` comes first in PATH."""
        own = {"PHIEU": f"{self.root}/slips", "FSTAB": str(self.fstab), "SMB_CONF": f"{self.root}/smb.conf"}
        search = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
        done = subprocess.run(
            [self.recipes / "tao-tai-khoan.sh", *words],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **own, "PATH": search},
        )
        for slip in sorted((self.root / "slips").glob("*.html"), key=lambda one: one.stat().st_mtime):
            text = slip.read_text(encoding="utf-8")
            for account, password in re.findall(
                r"<code>([a-z0-9-]+)</code>.*?<code>([0-9a-f]{16})</code>", text, re.DOTALL
            ):
                self.passwords[account.removeprefix(f"{self.prefix}-").upper()] = password
        return done

    def start(self) -> None:
        Path("/run/sshd").mkdir(exist_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.root / "ssh-key"], check=True)
        text = _SSH.format(port=self.ssh_port, root=self.root, recipes=self.recipes)
        (self.root / "sshd_config").write_text(text, encoding="utf-8")
        sshd, smbd = (str(shutil.which(name)) for name in ("sshd", "smbd"))
        for command in (
            [sshd, "-D", "-E", f"{self.root}/log/sshd", "-f", f"{self.root}/sshd_config"],
            [smbd, "--foreground", "--no-process-group", "-s", f"{self.root}/smb.conf", "-l", f"{self.root}/log"],
        ):
            self._servers.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        for server, port in zip(self._servers, (self.ssh_port, self.smb_port), strict=True):
            _wait_for(port, server)

    def close(self) -> None:
        for server in self._servers:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        for account in self.list_accounts():
            subprocess.run(["pkill", "-KILL", "-u", account], check=False)
            subprocess.run(["userdel", account], check=False, capture_output=True)
        subprocess.run(["groupdel", f"{self.prefix}-nop"], check=False, capture_output=True)
        subprocess.run(["umount", "-l", self.entrance / "bao-cao"], check=False, capture_output=True)
        if not os.path.ismount(self.entrance / "bao-cao"):
            shutil.rmtree(self.root, ignore_errors=True)

    # --- looking --------------------------------------------------------------------------------------------------

    def list_accounts(self) -> list[str]:
        lines = Path("/etc/passwd").read_text(encoding="utf-8").splitlines()
        return [line.split(":")[0] for line in lines if line.startswith(f"{self.prefix}-")]

    def name_account(self, agency: str) -> str:
        return f"{self.prefix}-{agency.lower()}"

    # --- clients --------------------------------------------------------------------------------------------------

    def put(self, client: str, agency: str, source: Path, target: str) -> bool:
        """Copy a file to `target`, a path in the agency's folder. Returns whether the client says it is done."""
        return self.call(client, agency, f'put "{source}" "{target}"')

    def call(self, client: str, agency: str, *commands: str) -> bool:
        """Commands of one session; both clients have put, get, ls, rename, mkdir, rm and cd. Returns success."""
        process = self.open(client, agency, *commands)
        out, _ = process.communicate(timeout=60)
        self.said = out.decode(errors="replace")
        return process.returncode == 0 and "NT_STATUS" not in self.said

    def open(self, client: str, agency: str, *commands: str, port: int = 0) -> subprocess.Popen[bytes]:
        """The same, still running, over another port if it is given."""
        account, password = self.name_account(agency), self.passwords[agency]
        if client == "smb":
            address = ["//127.0.0.1/bao-cao", "-p", str(port or self.smb_port), "-m", "SMB3"]
            words, own = ["smbclient", *address, "-U", f"{account}%{password}", "-c", "; ".join(commands)], {}
        else:
            words = ["sftp", "-q", "-P", str(port or self.ssh_port), *_SSH_OPTIONS, "-b", "-", f"{account}@127.0.0.1"]
            own = self._answer_with(password)
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **own},
            start_new_session=True,
        )
        assert process.stdin is not None
        if client == "sftp":
            process.stdin.write("\n".join(commands).encode() + b"\n")
        process.stdin.close()
        process.stdin = None
        return process

    def run_ssh(self, agency: str, *words: str) -> str:
        """What a shell or command over SSH says."""
        account = self.name_account(agency)
        done = subprocess.run(
            ["ssh", "-p", str(self.ssh_port), *_SSH_OPTIONS, f"{account}@127.0.0.1", *words],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **self._answer_with(self.passwords[agency])},
        )
        return done.stdout + done.stderr

    def _answer_with(self, password: str) -> dict[str, str]:
        """Settings by which the clients of SSH get a password without a terminal."""
        asked = self.root / f"ask-{password}"
        asked.write_text(f"#!/bin/sh\necho {password}\n", encoding="utf-8")
        asked.chmod(0o700)
        return {"SSH_ASKPASS": str(asked), "SSH_ASKPASS_REQUIRE": "force"}

    @contextmanager
    def as_system(self) -> Iterator[None]:
        """With the rights of the system's account: root would read anything."""
        os.setegid(65_534)
        os.seteuid(SYSTEM_UID)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert server.poll() is None, "the server refuses its configuration"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")
