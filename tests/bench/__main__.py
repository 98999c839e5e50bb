"""make bench: every claim of speed as a ratio against a named floor or peer, JSON under var/bench."""

from __future__ import annotations

import json
import sys

from kybaocao.embedded.system import REPOSITORY
from tests.bench.cycle_pass import measure_pass

BENCHMARKS = {"pass": measure_pass}


def main() -> int:
    chosen = sys.argv[1:] or list(BENCHMARKS)
    folder = REPOSITORY / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    is_met = True
    for name in chosen:
        result = BENCHMARKS[name]()
        (folder / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, indent=1))
        print(json.dumps(result, ensure_ascii=False, indent=1))
        is_met &= "limit" not in result or result["ratio"] <= result["limit"]
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
