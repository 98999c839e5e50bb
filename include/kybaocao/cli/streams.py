"""What a command prints goes to somebody: streams that take every name, and readers that leave early."""

from __future__ import annotations

import contextlib
import os
import sys


def prepare_streams() -> None:
    """A file's name may hold bytes that are no text: they are written as "\\udce1" instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # closed, or replaced by something simpler
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def flush_output() -> None:
    """Send what is still held back. Raises BrokenPipeError when nobody reads any more, OSError without room."""
    if sys.stdout is not None:
        sys.stdout.flush()


def silence_output() -> None:
    """What could not be sent goes nowhere, or Python tries once more at its end and complains."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
