"""Run a function of this package in a fresh process that is configured as a worker is, and take its answer as JSON.

TensorFlow must not be imported in the process that starts the other measures: its threads and its memory would count.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

from explorer.engine import configuration


def in_worker(module: str, function: str, **arguments: Any) -> Any:
    """Call `module.function(**arguments)` there; its answer.

    Raises:
        RuntimeError: if it fails, with what it printed.
    """
    command = [sys.executable, "-m", "benchmarks.worker", module, function, json.dumps(arguments)]
    done = subprocess.run(
        command, cwd=configuration.ROOT, env=configuration.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module}.{function} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main(module: str, function: str, arguments: str) -> None:
    """The other side."""
    importlib.import_module("tensorflow")
    print(json.dumps(getattr(importlib.import_module(module), function)(**json.loads(arguments))))


if __name__ == "__main__":
    main(*sys.argv[1:])
