"""What gives each agency an account for its own folder: configuration of Samba and SFTP, a script for root, slips.

The files hold no password: the script makes them on the server.  They are written anew from the register, and what
root runs lies outside of the data folder: the account of the system must not be able to change it afterwards.
"""

from __future__ import annotations

import datetime as dt
import functools
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from kybaocao.files import read_settings, write_whole
from kybaocao.findings import TEMPLATES
from kybaocao.plan.plan import Plan

REGISTER = "co-quan.tsv"
SCRIPT = "tao-tai-khoan.sh"
SLIPS = "phieu"
# The parts of the register that decide who has an account: an entry that cannot be read would lock its agency out.
DECIDING_FILES = ("co_quan.csv", "ky_bao_cao.yaml")


@dataclass(frozen=True)
class Account:
    """Of one agency, on the server that shares its folder."""

    name: str  # "kbc-x-04183"
    agency: str  # code, which is the folder's name
    title: str  # the agency's name, for its slip
    cycles: tuple[str, ...]  # those that are not over
    coordinator: str  # the body that hands the slip over
    contact: str  # whom to ask there


@dataclass(frozen=True)
class Place:
    """Where the folders lie and how they are reached."""

    server: str  # name or address that agencies type
    data: str  # the data folder, as the server sees it
    entrance: str  # what SFTP and Samba show the root of
    owner: int  # uid of the system
    prefix: str  # of the accounts and of their group
    quota_mb: int  # for each account; 0: none

    @property
    def group(self) -> str:
        return f"{self.prefix}-nop"


@dataclass(frozen=True)
class Written:
    """What writing changed: names of files, codes of agencies."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def list_accounts(plans: Iterable[Plan], prefix: str, now: dt.datetime) -> list[Account]:
    """One for each agency that reports in one of the plans and is not closed, in the order of the registers."""
    found: dict[str, Account] = {}
    for plan in plans:
        today = now.astimezone(plan.timezone).date()
        cycles = tuple(cycle.id for cycle in plan.cycles.values() if cycle.closes_on >= today)
        officer = plan.recipients.reply_to if plan.recipients else None
        contact = f"{officer.name}, điện thoại {officer.phone}" if officer else plan.coordinator
        for agency in plan.expected:
            if agency.closes_on < today:
                continue
            known = found.get(agency.code)
            found[agency.code] = (
                replace(known, cycles=(*known.cycles, *cycles))
                if known
                else Account(
                    f"{prefix}-{agency.code.lower()}", agency.code, agency.name, cycles, plan.coordinator, contact
                )
            )
    return list(found.values())


def render_recipes(accounts: Sequence[Account], place: Place) -> dict[str, str]:
    """Name of the file -> its text."""
    shown = {**vars(place), "group": place.group}
    files = {name: _render(name, **shown) for name in ("samba.conf", "sshd.conf", SCRIPT)}
    files[f"{SLIPS}/dau.html"] = _render("dau.html")
    for account in accounts:
        files[f"{SLIPS}/{account.name}.html"] = _render("phieu.html", account=account, server=place.server)
    files[REGISTER] = "".join(f"{one.name}\t{one.agency}\t{' '.join(one.cycles)}\n" for one in accounts)
    return files


def write_recipes(folder: Path, files: Mapping[str, str]) -> Written:
    """Write what differs, the register last, and delete slips of agencies that are gone. Raises OSError."""
    before, after = _read_codes(_read(folder / REGISTER)), _read_codes(files[REGISTER])
    changed = [name for name, text in files.items() if _read(folder / name) != text]
    for name in changed:
        path = write_whole(folder / name, files[name].encode())
        if name == SCRIPT:
            path.chmod(0o755)
    for path in (folder / SLIPS).glob("*.html"):
        if f"{SLIPS}/{path.name}" not in files:
            path.unlink()
    return Written(
        tuple(changed),
        tuple(code for code in after if code not in before),
        tuple(code for code in before if code not in after),
    )


def _read(path: Path) -> str:
    with suppress(FileNotFoundError, UnicodeDecodeError):
        return read_settings(path).decode()
    return ""


def _read_codes(register: str) -> dict[str, None]:
    return dict.fromkeys(line.split("\t")[1] for line in register.splitlines() if line.count("\t") == 2)


def _render(name: str, **shown: object) -> str:
    return _environment().get_template(f"{name}.j2").render(shown)


@functools.lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "shares"),
        autoescape=select_autoescape(["html.j2"], default_for_string=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        comment_start_string="{!#",  # the usual "{#" is the length of a list in the shell
        comment_end_string="#!}",
    )
    environment.filters["shell"] = lambda value: shlex.quote(str(value))
    return environment
