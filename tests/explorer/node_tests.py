"""Runs a file of JavaScript tests with Node's own test runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def assert_passes(path: Path, timeout: float = 240, **places: Path) -> None:
    """Fail with what Node printed unless every test of a file passed, none was skipped and there was one.

    Args:
        path: the file.
        timeout: seconds that it may take.
        places: environment variables that name files or folders.
    """
    node = shutil.which("node")
    assert node is not None, "Node.js is needed to test the stage's modules"
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, env=environment, timeout=timeout)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "# skipped 0" in done.stdout and "# pass 0" not in done.stdout
