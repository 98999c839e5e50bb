"""The clock of a season: weeks pass between two real seconds, and files keep the times that go with it.

A season says what time it is before each of its moments.  A real time, also the change time of a file, then stands for
the season's time of the stretch it falls into.  The product is not asked to know of it: a process of a season sees
shifted times wherever it asks the machine (`time.time`, `stat`, a listing of a folder).
"""

from __future__ import annotations

import bisect
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

SETTLING_SECONDS = 0.012  # a file system stamps with a coarse clock


class SeasonClock:
    """From real nanoseconds to those of the season."""

    def __init__(self) -> None:
        self._real: list[int] = []
        self._season: list[int] = []

    def set(self, moment: dt.datetime) -> None:
        """From now on it is `moment`, and time goes on from there."""
        time.sleep(SETTLING_SECONDS)
        self._real.append(time.time_ns())
        self._season.append(int(moment.timestamp()) * 10**9)
        time.sleep(SETTLING_SECONDS)

    def shift(self, real_ns: int) -> int:
        """The season's time of a real one."""
        place = max(bisect.bisect_right(self._real, real_ns) - 1, 0)
        return self._season[place] + real_ns - self._real[place]

    def when_changed(self, path: Any) -> dt.datetime:
        """When a file came to lie where it is, in the season's time."""
        return dt.datetime.fromtimestamp(self.shift(os.lstat(path).st_ctime_ns) / 1e9, dt.UTC)

    def install(self) -> None:
        """Let this process see the season's time. There is no way back: for processes that end afterwards."""
        real_time = time.time_ns
        time.time_ns = lambda: self.shift(real_time())
        time.time = lambda: self.shift(real_time()) / 1e9
        for name in ("stat", "lstat", "fstat"):
            setattr(os, name, self._wrap_stat(getattr(os, name)))
        scan = os.scandir
        os.scandir = lambda path=".": _Scan(scan(path), self._shift_stat)  # type: ignore[misc, assignment]

    def _wrap_stat(self, call: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        return lambda *args, **kwargs: self._shift_stat(call(*args, **kwargs))

    def _shift_stat(self, info: os.stat_result) -> os.stat_result:
        if info.st_ctime_ns < self._real[0]:
            return info  # older than the season: not of it
        named = {name: getattr(info, name) for name in dir(info) if name.startswith("st_")}
        for name in ("st_ctime", "st_mtime"):
            shifted = self.shift(named[f"{name}_ns"])
            named |= {f"{name}_ns": shifted, name: shifted / 1e9}
        return os.stat_result(tuple(info), named)


class _Scan:
    """What `os.scandir` gives, with shifted times."""

    def __init__(self, scan: Any, shift: Callable[[os.stat_result], os.stat_result]) -> None:
        self._scan, self._shift = scan, shift

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._scan), self._shift)

    def __enter__(self) -> _Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._scan.close()


class _Entry:
    def __init__(self, entry: os.DirEntry[str], shift: Callable[[os.stat_result], os.stat_result]) -> None:
        self._entry, self._shift = entry, shift

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._shift(self._entry.stat(follow_symlinks=follow_symlinks))

    def __fspath__(self) -> str:
        return self._entry.path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)
