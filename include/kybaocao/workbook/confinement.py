"""What a reader takes from itself for ever, before it looks at the first byte of a file.

Two locks of the kernel that need no rights, each for itself, as far as this kernel has them:

    Landlock   no file or folder can be opened, made or removed; no TCP; no signal to others; nobody's /proc entry
    seccomp    no system call but those below: no open, socket, exec, fork, ptrace, and no signal but to itself

What was opened before stays open: stdin, stdout and the slot, which is read-only.  Whatever a reader needs must be
imported before.  Why this is code of our own: decision record 22.

Source: Documentation/userspace-api/landlock.rst and seccomp_filter.rst of the kernel, its include/uapi.
"""

from __future__ import annotations

import ctypes
import os
from struct import pack

# Landlock: system calls of the same number everywhere; what can be forbidden grew with its version (ABI).
_CREATE_RULESET, _RESTRICT_SELF, _ASK_VERSION = 444, 446, 1
_FILE_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))  # since ABI, number of rights: files, linking, truncate, ioctl
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6  # bind and connect; abstract sockets and signals
_TWO_RIGHTS = 0b11

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2

# seccomp: machine -> (what the kernel calls it, column below).
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# fmt: off
_ALLOWED = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "sched_yield": (24, 124),
    "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172),
    "sigaltstack": (131, 132), "gettid": (186, 178), "futex": (202, 98), "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169), "sysinfo": (99, 179), "getrandom": (318, 278), "exit": (60, 93),
    "exit_group": (231, 94), "getcwd": (79, 17),
}
_TO_ITSELF = {"kill": (62, 129), "tgkill": (234, 131)}
# fmt: on
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data, of a little-endian machine
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # 1: EPERM


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def confine() -> tuple[int, bool]:
    """(ABI of Landlock in force, 0 without; whether the filter of system calls is)."""
    libc = ctypes.CDLL(None)
    libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    libc.syscall.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_ulong)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return 0, False
    return _forbid_files(libc), _filter_calls(libc)


def _forbid_files(libc: ctypes.CDLL) -> int:
    """A set of rules that forbids everything it knows and has no exception."""
    abi: int = libc.syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    if abi < 1:
        return 0
    files = max(rights for since, rights in _FILE_RIGHTS if since <= abi)
    network = _TWO_RIGHTS if abi >= _NETWORK_SINCE else 0
    scopes = _TWO_RIGHTS if abi >= _SCOPES_SINCE else 0
    rules = pack("=3Q", (1 << files) - 1, network, scopes)  # an older kernel takes the longer form when it ends in 0
    ruleset = libc.syscall(_CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return 0
    is_refused = libc.syscall(_RESTRICT_SELF, ruleset, 0, 0)
    os.close(ruleset)
    return 0 if is_refused else abi


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """The filter; there is none for other machines, nor for a 32-bit interpreter, whose calls have other numbers."""
    machine, column = _MACHINES.get(os.uname().machine, (0, 0))
    if not machine or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    allowed, signals = [[numbers[column] for numbers in table.values()] for table in (_ALLOWED, _TO_ITSELF)]
    instructions = _write_filter(machine, allowed, signals, os.getpid())
    program = _Filter(len(instructions) // 8, instructions)
    is_refused = libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program), 0, 0)
    return not is_refused


def _write_filter(machine: int, allowed: list[int], signals: list[int], pid: int) -> bytes:
    """The filter as the kernel takes it; a jump says how many instructions it leaves out."""
    checks = [(_IF_EQUAL, len(allowed) - place + 5, 0, number) for place, number in enumerate(allowed)]
    instructions = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),  # a call by the numbers of another machine
        (_LOAD, 0, 0, _NUMBER_AT),
        *checks,
        (_IF_EQUAL, 2, 0, signals[0]),
        (_IF_EQUAL, 1, 0, signals[1]),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),  # whom the signal is for
        (_IF_EQUAL, 1, 0, pid),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(pack("=HBBI", *one) for one in instructions)
