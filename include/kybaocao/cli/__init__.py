"""The command line: `python -m kybaocao …`. One module a command; `program` collects them."""

from kybaocao.cli.program import main

__all__ = ["main"]
