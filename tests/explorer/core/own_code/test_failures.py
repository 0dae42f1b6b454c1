"""Whatever typed code does, its job ends in a Problem with the line to blame, and the process is as before."""

from __future__ import annotations

import sys

import pytest
from asking import asked, experiment

from explorer.core.own_code import own_classes
from explorer.core.own_code.contained import contained
from explorer.model.problem import Problem

HEAD = "import keras, sys\nfrom keras import ops\n"
HEAD_A = HEAD + "class A(keras.layers.Layer):\n"
PASSED = "    def call(self, x): return x"
LAYER = HEAD_A + "    def call(self, x):\n        y = x * 2\n"
AT_IMPORT = {
    "exit": ("import sys\nsys.exit(0)", 2),
    "interrupt": ("x = 1\nraise KeyboardInterrupt", 2),
    "an exception that cannot be told": (
        "class E(BaseException):\n    def __str__(self): raise SystemExit\nraise E()",
        3,
    ),
    "no end": ("def f():\n    return f()\nf()", 2),
    "syntax": ("x = 1\nclass A(:\n    pass", 2),
    "indentation": ("class A:\npass", 2),
    "a null character": ("x = 1\0", 0),
    "a lone surrogate": ("x = '\ud800'", 0),
    "too deep": ("x = " + "-" * 100_000 + "1", 0),
    "a module that is not there": ("import a_module_that_is_not_there", 1),
    "a name that is not there": ("x = 1\ny = not_there", 2),
}
AT_CALL = {
    "exit": (LAYER + "        sys.exit(3)\n", 6),
    "interrupt": (LAYER + "        raise KeyboardInterrupt\n", 6),
    "a name that is not there": (LAYER + "        return not_there * y\n", 6),
    "an exception that cannot be told": (
        LAYER
        + "        raise E()\nclass E(Exception):\n    def __str__(self): raise RuntimeError\n    __repr__ = __str__\n",
        6,
    ),
    "a warning as an error": (LAYER + "        import warnings\n        raise UserWarning('careful')\n", 7),
    "a shape that does not fit": (LAYER + "        return ops.matmul(y, y[:3, :2])\n", 6),
}
AT_BIRTH = {
    "no end": (HEAD_A + "    def call(self, x): return self.call(x)\n", 4),
    "exit": (HEAD_A + "    def __init__(self):\n        sys.exit()\n" + PASSED, 5),
    "every attribute": (HEAD_A + "    def __getattr__(self, n): raise ValueError(n)\n" + PASSED, 4),
    "build": (HEAD_A + "    def build(self, s): raise KeyboardInterrupt\n" + PASSED, 4),
}
HARMLESS = {
    "another stdout": LAYER + "        sys.stdout = None\n        return y\n",
    "much output": LAYER + "        print('a' * 1_000_000)\n        return y\n",
    "a class that answers nothing": LAYER
    + "        return y\n"
    + "class M(type):\n    def __getattribute__(c, n):\n        raise SystemExit(n)\nclass H(metaclass=M): pass\n",
    "an object that lies about its class": LAYER
    + "        return y\n"
    + "class Q:\n    @property\n    def __class__(self): raise ValueError\nq = Q()\n",
    "no repr": LAYER + "        return y\n    def __repr__(self): raise ValueError\n    __str__ = __repr__\n",
    "names of other scripts": HEAD
    + "class Größe层(keras.layers.Layer):\n    def call(self, входе):\n        return входе * 2\n",
    "a module that is gone": LAYER + "        return y\nsys.modules.pop(__name__)\n",
}


@pytest.fixture(autouse=True)
def _streams_stay():
    before = sys.stdout, sys.stderr
    yield
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("name", AT_IMPORT)
def test_a_failure_at_import_names_its_line(name: str) -> None:
    code, line = AT_IMPORT[name]
    with pytest.raises(Problem) as problem, contained(code):
        own_classes(code)
    place = problem.value.place
    assert problem.value.where == "code" and problem.value.detail
    assert (place.line if place else 0) == line
    assert place is None or (place.file, place.text) == ("your_layer.py", code.split("\n")[line - 1].strip())


@pytest.mark.parametrize("name", AT_CALL)
def test_a_failure_in_call_names_its_line_and_shows_what_came_before(name: str) -> None:
    code, line = AT_CALL[name]
    with pytest.raises(Problem) as problem:
        asked("run", experiment=experiment(code))
    found = problem.value
    assert found.place is not None and found.place.line == line and found.trace is not None
    assert [step.target for step in found.trace.frames[0].steps][:1] == ["y"]


@pytest.mark.parametrize("name", AT_BIRTH)
def test_a_failure_elsewhere_names_its_line(name: str) -> None:
    code, line = AT_BIRTH[name]
    with pytest.raises(Problem) as problem:
        asked("run", experiment=experiment(code, "own.A"))
    assert problem.value.place is not None and problem.value.place.line == line


@pytest.mark.parametrize("name", HARMLESS)
def test_odd_code_runs(name: str) -> None:
    meta, _ = asked("run", experiment=experiment(HARMLESS[name]))
    assert len(meta["trace"]["printed"]) < 25_000


def test_a_missing_import_comes_with_the_change_that_adds_it() -> None:
    with pytest.raises(Problem) as problem:
        asked("open_code", experiment={"code": "class A(keras.layers.Layer):\n    pass\n"})
    assert problem.value.fixes[0].after.split("\n")[0] == "import keras"
