"""What CONTRIBUTING.md promises: a layer, a panel, a check and a claim are one file or one entry each.

Each is planted in a copy of the project; the tests that concern it run there, and nothing else in the copy has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("explorer", "layers", "tests", "tools", ".streamlit", "app.py", "pyproject.toml")
SECONDS = 240
"""A subprocess takes some ten seconds; this is for a machine that has much else to do."""


@dataclass(frozen=True)
class Planted:
    """One thing that is added.

    Attributes:
        file: where it stands.
        text: what the file holds, or what is put at its end if it exists.
        tests: what is given to pytest; it selects nothing as long as the thing is not found.
        probe: Python that fails unless the thing is found; "" if the tests select it by its name.
        says: its texts, which have no Korean yet.
    """

    file: str
    text: str
    tests: tuple[str, ...]
    says: tuple[str, ...]
    probe: str = ""


LAYER = '''"""PlantedDouble: twice its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Input, Tensor

CARD = Card(
    id="planted_double",
    title="PlantedDouble",
    layer="layers.planted_double:PlantedDouble",
    group="custom",
    summary="Gives twice its input.",
    story=(
        "The layer multiplies every number of its input by two. It has no weights, so nothing in it trains, and every "
        "shape is welcome: the output has the shape of the input. It stands here to show how little a layer needs."
    ),
    inputs=(Input("x", (2, 3), ("batch", "features"), "arange", {"start": 1, "step": 1}),),
    tensors=(Tensor("output", ("batch", "features")),),
    examples=(Example("Two rows, doubled", "000", shows="1 2 3 becomes 2 4 6."),),
    documents=("000",),
    reference="layers.planted_double:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class PlantedDouble(keras.layers.Layer):
    """Multiplies its input by two."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs * 2

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy."""
    return [inputs[0].astype("float64") * 2]
'''

PANEL = '''"""A planted panel: how many tensors there are."""

from __future__ import annotations

import streamlit as st

from explorer.views import panel
from explorer.views.panels import Scene


def show(scene: Scene) -> None:
    """Tell the number of tensors."""
    st.markdown(scene.t("A planted sentence: {count}", count=len(list(scene.trace.tensors())) if scene.trace else 0))


panel("planted", "A planted panel", show, order=990)
'''

CHECK = '''"""A planted check: the layer has a name."""

from __future__ import annotations

from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import Verdict, check, failed, passed
from explorer.model.trace import Message


@check(
    Message("A planted title"),
    Message("A planted trial."),
    Message("A planted expectation."),
    Message("A planted reason."),
    after=(),
)
def planted(patient: Patient) -> Verdict:
    """The layer has a name."""
    seen = Message("A planted observation.")
    return passed(seen) if patient is not None else failed(seen)
'''

CLAIM = """
[[claim]]
id = "000-planted"
title = "A planted claim"
then = "A planted statement of the document."
now = "A planted statement of today."
verdict = "holds"
snippet = '''
import numpy as np

print(np.ones((2, 2)).sum())
'''
prints = ["4.0"]
"""

PROBE = """
import numpy as np
from explorer.core.doctor import examine
from layers.linear import Linear
report = examine(Linear(2), [np.ones((2, 3), "float32")])
assert report.healthy, report
(found,) = (one for one in report.findings if one.check == "planted")
assert found.outcome == "passed" and str(found.seen) == "A planted observation.", found
"""

PLANTED = {
    "layer": Planted(
        "layers/planted_double.py",
        LAYER,
        ("tests/layers/test_contract.py", "-k", "planted_double or without_running"),
        ("Gives twice its input.", "Two rows, doubled", "1 2 3 becomes 2 4 6."),
    ),
    "panel": Planted(
        "explorer/views/panels/planted.py",
        PANEL,
        ("tests/explorer/views/test_app_pages.py", "-k", "planted and attention"),
        ("A planted panel", "A planted sentence: {count}"),
    ),
    "check": Planted(
        "explorer/core/doctor/checks/planted.py",
        CHECK,
        ("tests/explorer/core/doctor/test_doctor.py", "-k", "every_check or honest_layer"),
        (
            "A planted title",
            "A planted trial.",
            "A planted expectation.",
            "A planted reason.",
            "A planted observation.",
        ),
        PROBE,
    ),
    "claim": Planted(
        "explorer/claims/000.toml",
        CLAIM,
        ("tests/explorer/test_claims.py", "-k", "planted or unique or document"),
        ("A planted claim", "A planted statement of the document.", "A planted statement of today."),
    ),
}

every_thing = pytest.mark.parametrize("thing", PLANTED.values(), ids=PLANTED)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
        else:
            shutil.copy(ROOT / name, root / name)
    shutil.copy(ROOT / "explorer/views/icon.png", root / "explorer/views/icon.png")
    return root


def plant(thing: Planted, root: Path) -> None:
    with (root / thing.file).open("a", encoding="utf-8") as file:
        file.write(thing.text)


def python(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def pytest_in(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    temporary = f"--basetemp={root.parent / 'temporary'}"
    return python(root, "-m", "pytest", "-p", "no:cacheprovider", temporary, *arguments)


def files(root: Path) -> dict[str, str]:
    """The content of every file below a directory, as a hash."""
    found = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@every_thing
def test_one_file_is_enough(thing: Planted, copy: Path) -> None:
    before = files(copy)
    plant(thing, copy)
    done = pytest_in(copy, *thing.tests)
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-1000:]}"
    if thing.probe:
        probed = python(copy, "-c", thing.probe)
        assert probed.returncode == 0, probed.stderr[-2000:]
    after = files(copy)
    assert {name for name in before | after if before.get(name) != after.get(name)} == {thing.file}


def test_what_has_no_korean_yet_is_told(copy: Path) -> None:
    for thing in PLANTED.values():
        plant(thing, copy)
    done = pytest_in(copy, "-vvv", "tests/explorer/test_locale.py::test_korean_is_complete")
    assert done.returncode == 1, done.stdout[-2000:]
    told = [text for thing in PLANTED.values() for text in thing.says]
    assert [text for text in told if f"missing: {text}" not in done.stdout] == []


def test_the_page_says_what_is_tested_here() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "tests/test_contributing.py" in page and "ko.po" in page
    for thing in PLANTED.values():
        assert f"`{Path(thing.file).parent}/" in page or f"`{thing.file}`" in page, thing.file
