"""`make newest`: what breaks with the newest version of every package, whatever the requirements allow?

A new environment gets the newest versions that pip finds together, and a short list of tests runs there.

Exit code 0: nothing broke. 1: something did, and it is listed. 2: they could not be installed, so nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
TESTS = (
    "tests/layers",
    "tests/explorer/core/test_run.py",
    "tests/explorer/core/test_tap.py",
    "tests/explorer/core/test_record.py",
    "tests/explorer/core/test_trail.py",
    "tests/explorer/core/test_derive.py",
    "tests/explorer/engine/test_engine_walls.py",
    "tests/explorer/test_command.py",
    "tests/explorer/web",
    "tests/browser/test_front_door.py",
    "tests/browser/test_journey_numbers.py",
)
"""They reach into the private parts of Keras, TensorFlow and Streamlit, or stand on what those promise least."""
INSTALL_LIMIT, TEST_LIMIT = 3600, 900


def main(tests: Sequence[str]) -> int:
    """Install, run the tests, print what broke."""
    with tempfile.TemporaryDirectory(prefix="newest-") as folder:
        venv.create(folder, with_pip=True, symlinks=True)
        python = str(Path(folder) / "bin" / "python")
        command = [python, "-m", "pip", "install", "-qq", "--upgrade", "--disable-pip-version-check", *names()]
        if subprocess.run(command, cwd=ROOT, timeout=INSTALL_LIMIT, check=False).returncode:
            print("Not installed, so nothing is known.")
            return 2
        print("\n".join(newer(python)) or "Nothing is newer than what is locked.", flush=True)
        broken = [test for test in tests or TESTS if not passes(python, test)]
    print("Broken: " + (", ".join(broken) or "nothing."))
    return 1 if broken else 0


def names() -> list[str]:
    """What the requirements name, each with its platforms and without its versions."""
    lines = [line for file in ("requirements.txt", "requirements-dev.txt") for line in _lines(ROOT / file)]
    found = (Requirement(line) for line in lines)
    return [f"{one.name}; {one.marker}" if one.marker else one.name for one in found]


def newer(python: str) -> Iterator[str]:
    """What is installed at another version than the lock's: one line each."""
    command = [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
    locked = {one.name: str(one.specifier)[2:] for one in map(Requirement, _lines(ROOT / "requirements-dev.lock"))}
    for package in listed:
        before = locked.get(canonicalize_name(package["name"]), "not locked")
        if before != package["version"]:
            yield f"{package['name']}: {before} → {package['version']}"


def passes(python: str, test: str) -> bool:
    """Run a test file or folder, and tell how it went."""
    began = time.monotonic()
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "--tb", "line", "--disable-warnings", test]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TEST_LIMIT, check=False)
        good, told = done.returncode == 0, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        good, told = False, f"no end within {TEST_LIMIT} s"
    print(f"{'passed' if good else 'BROKEN'} {test}, {time.monotonic() - began:.0f} s", flush=True)
    if not good:
        print("\n".join(f"    {line}" for line in told.splitlines()[-20:]), flush=True)
    return good


def _lines(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
