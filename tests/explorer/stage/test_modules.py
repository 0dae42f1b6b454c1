"""Runs the tests of the pure modules with Node's own test runner, on a message that Python packed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from explorer.stage.labels import LABELS
from explorer.stage.pack import MAX_EXACT, pack
from explorer.trace import Tensor

HOME = Path(__file__).parent / "js"


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    huge = np.zeros((2048, 2048), "float32")
    huge[5, 9] = 7
    assert huge.size > MAX_EXACT
    values = {
        "floats": (np.array([1.5, -2.5, 0], "float32"), "float32"),
        "big": (np.array([[2**60 + 1]]), "int64"),
        "broken": (np.array([1, np.nan], "float32"), "float32"),
        "words": (np.array(["a", "<b>"], object), "string"),
        "scalar": (np.array(2.5), "float64"),
        "half": (np.array([0.1], "float16"), "float16"),
        "overview": (huge, "float32"),
    }
    tensors = [
        Tensor(f"input:{name}", name, "input", value, dtype, ("time",) if name == "floats" else ())
        for name, (value, dtype) in values.items()
    ]
    path = tmp_path_factory.mktemp("stage") / "message.bin"
    path.write_bytes(pack(tensors, LABELS, {}))
    return path


@pytest.mark.parametrize("path", sorted(HOME.glob("*.test.mjs")), ids=lambda path: path.name)
def test_modules(path: Path, message: Path) -> None:
    node = shutil.which("node")
    assert node is not None, "Node.js is needed to test the stage's modules"
    environment = {**os.environ, "STAGE_MESSAGE": str(message)}
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "# skipped 0" in done.stdout and "# pass 0" not in done.stdout
