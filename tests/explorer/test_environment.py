"""Whatever the user's machine is set to, the same experiment gives the same bits, and the doctor the same verdict."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from explorer import Experiment, run
from explorer.engine import configuration

STRANGE = {"floatx": "float16", "epsilon": 0.1, "backend": "jax", "image_data_format": "channels_first"}
EXPERIMENTS = (
    Experiment("attention"),
    Experiment("keras.layers.Conv2D"),
    Experiment("keras.layers.LayerNormalization"),
)
CHILD = """
import json, sys, warnings
from explorer.engine.configuration import OtherEnvironment
warnings.simplefilter("error", OtherEnvironment)
from explorer.testing import assert_healthy
from tests.explorer.test_environment import EXPERIMENTS, bits
import keras, numpy
print(json.dumps([bits(), assert_healthy(keras.layers.Conv2D(4, 3), [numpy.ones((1, 8, 8, 2), "float32")]).counts()]))
"""


def bits() -> list[str]:
    """A digest of every tensor of every experiment."""
    traces = [run(experiment) for experiment in EXPERIMENTS]
    return [hashlib.sha256(b"".join(t.value.tobytes() for t in trace.tensors())).hexdigest() for trace in traces]


def child(variables: dict[str, str]) -> Any:
    """What a process with these variables, and no others but a path, computes."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=configuration.ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_strange_home_an_empty_one_and_none_give_the_same(tmp_path: Path) -> None:
    strange, empty, keras_home = tmp_path / "strange", tmp_path / "empty", tmp_path / "keras_home"
    for folder in (strange / ".keras", empty, keras_home):
        folder.mkdir(parents=True)
    for folder in (strange / ".keras", keras_home):
        (folder / "keras.json").write_text(json.dumps(STRANGE))
    before = sorted(tmp_path.rglob("*"))
    strange.chmod(0o555)
    settings = {"KERAS_BACKEND": "jax", "TF_ENABLE_ONEDNN_OPTS": "1", "OMP_NUM_THREADS": "4"}
    results = [
        child({"HOME": str(strange), "KERAS_HOME": str(keras_home), **settings}),
        child({"HOME": str(empty)}),
        child({}),
    ]
    strange.chmod(0o755)
    assert results[0] == results[1] == results[2]
    assert results[0][0] == bits(), "this process, which has the tests' environment, gives others"
    assert sorted(tmp_path.rglob("*")) == before, "something was written into a home"


def test_the_callers_own_settings_are_told_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    with pytest.warns(
        configuration.OtherEnvironment, match=r"Expected: TF_ENABLE_ONEDNN_OPTS=0\. Received: .*OPTS=1\."
    ):
        configuration.adopt()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ImportError, match=r"Expected: tensorflow\. Received: jax"):
        configuration.adopt()
