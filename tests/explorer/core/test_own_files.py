"""A text of several files: its modules, their names, their lines."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import pytest

from explorer.core.own_code import loaded
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.experiment import OWN_FILE, OWN_MODULE
from explorer.experiment.own_files import files, joined
from explorer.model.problem import Problem

MAIN = """from __future__ import annotations
import keras, layers
import parts.scaling as scaling
from parts import scaled
from layers import Plain
import tables.first


class Two(keras.layers.Layer):
    def call(self, x):
        y = scaling.twice(x)
        return scaled(Plain()(y)) + tables.first.ZERO
"""
BESIDE = {
    "layers.py": "import keras\n\n\nclass Plain(keras.layers.Layer):\n    def call(self, x):\n        return x + 1\n",
    "parts/__init__.py": "from .scaling import twice as scaled\n",
    "parts/scaling.py": "from layers import Plain\n\n\ndef twice(x):\n    return x * 2\n",
    "tables/first.py": "ZERO = 0",
}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No module of a text stays."""
    yield
    loaded("")
    del sys.modules[OWN_MODULE]


def test_joined_is_undone_by_files() -> None:
    code = joined(MAIN.rstrip("\n"), BESIDE)
    first, *others = files(code)
    assert first.text.strip() == MAIN.strip() and first.path == ""
    assert {file.path: file.text.strip() for file in others} == {name: text.strip() for name, text in BESIDE.items()}
    lines = code.split("\n")
    for file in others:
        assert lines[file.first_line - 1] == file.text.split("\n")[0]
        assert lines[file.first_line - 2].endswith(file.path)
    assert [file.module for file in others] == ["layers", "parts", "parts.scaling", "tables.first"]


def test_what_would_be_read_as_another_file_is_refused() -> None:
    with pytest.raises(Problem, match="begin another file"):
        joined("x = 1\n# %% file: b.py\n", {})
    with pytest.raises(Problem, match="path of a Python module"):
        joined("x = 1\n", {"../b.py": ""})


def test_modules_import_each_other_whatever_else_has_their_names() -> None:
    import layers

    trace = run(Experiment("own.Two", inputs=[{"kind": "ones", "shape": [1, 2]}], code=joined(MAIN, BESIDE)))
    assert trace.outputs[0].value.tolist() == [[6.0, 6.0]]
    assert sys.modules["layers"] is layers and "parts" not in sys.modules


def test_a_line_of_a_module_is_one_of_the_whole_text() -> None:
    code = joined(MAIN, BESIDE)
    module = loaded(code).module
    lines, first = inspect.getsourcelines(module.scaled)
    assert lines == ["def twice(x):\n", "    return x * 2\n"]
    assert code.split("\n")[first - 1] == "def twice(x):"
    assert inspect.getsource(module.Plain).startswith("class Plain(")
    broken = joined(MAIN, {**BESIDE, "parts/scaling.py": "def twice(x:\n"})
    with pytest.raises(Problem) as caught:
        loaded(broken)
    place = caught.value.place
    assert place is not None and (place.file, place.text) == (OWN_FILE, "def twice(x:")
    assert broken.split("\n")[place.line - 1] == "def twice(x:"


def test_a_module_that_has_changed_is_another_one() -> None:
    first = loaded(joined("import b\nx = b.y\n", {"b.py": "y = 1\n"}))
    second = loaded(joined("import b\nx = b.y\n", {"b.py": "y = 2\n"}))
    assert (first.module.x, second.module.x) == (1, 2)
    with pytest.raises(Problem, match="no module"):
        loaded("import b\n")
