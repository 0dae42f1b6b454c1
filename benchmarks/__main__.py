"""`python -m benchmarks [NAME ...] [--write]`: measure all figures, or the named ones, and print them as a table."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.figure import Figure, measures
from benchmarks.table import table

RESULTS = Path(__file__).parent / "results.md"


def main() -> int:
    """Run the measures; 1 if one of them could not be taken. A missed goal is a result, not an error."""
    known = measures()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(known)} (default: all)")
    parser.add_argument("--write", action="store_true", help=f"also write {RESULTS.name}")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(known):
        parser.error(f"expected {', '.join(known)}; received {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    failed: list[str] = []
    for name in arguments.names or known:
        _tell(f"{name} ...")
        started = time.monotonic()
        try:
            figures += known[name].run()
        except Exception as error:  # one measure that cannot be taken must not cost the others
            failed.append(f"{name}: {type(error).__name__}: {error}")
            _tell(failed[-1])
        _tell(f"{name}: {time.monotonic() - started:.0f} s")
    report = "\n\n".join([machine(), table(figures), *(f"Not measured: {failure}" for failure in failed)]) + "\n"
    print(report)
    if arguments.write:
        RESULTS.write_text(report, encoding="utf-8")
    return 1 if failed else 0


def machine() -> str:
    """On what, with what and when the figures were measured."""
    parts = [
        f"{name} {version(name)}" for name in ("streamlit", "tensorflow-cpu", "keras", "numpy") if _installed(name)
    ]
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    today = datetime.date.today().isoformat()
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(parts)}; {load}; {today}."


def _installed(name: str) -> bool:
    try:
        version(name)
    except ImportError:
        return False
    return True


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
