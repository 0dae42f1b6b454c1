"""Who may import whom: the contracts of `pyproject.toml` hold, cover every room, and fail where one is broken."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
ROOMS = {f"explorer.{path.stem}" for path in (ROOT / "explorer").iterdir() if path.is_dir() or path.suffix == ".py"}
ROOMS -= {"explorer.__init__", "explorer.__pycache__"}
WITH_KERAS = {"explorer.core", "explorer.command", "explorer.notebook", "explorer.testing", "explorer.__main__"}
WITH_A_SCREEN = {"explorer.views", "explorer.stage", "explorer.figures", "explorer.web", "explorer.__main__"}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", root / "pyproject.toml"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name in ("layers", "explorer"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "js", "*.po"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_room_stands_in_the_contracts() -> None:
    assert len(ROOMS) > 15
    assert set(CONTRACTS["keras"]["source_modules"]) == ROOMS - WITH_KERAS
    assert set(CONTRACTS["screen"]["source_modules"]) == ROOMS - WITH_A_SCREEN


PLANTED = [
    ("layers/linear.py", "import explorer.model.trace", "layers"),
    ("layers/linear.py", "import plotly", "layers"),
    ("layers/stock/dense.py", "import streamlit", "layers"),
    ("explorer/model/trace.py", "import explorer.experiment.recipes", "rooms"),
    ("explorer/model/problem.py", "import explorer.settings", "values"),
    ("explorer/experiment/experiment.py", "import streamlit", "screen"),
    ("explorer/experiment/link.py", "import explorer.engine.transport.wire", "rooms"),
    ("explorer/experiment/recipes.py", "def late():\n    import keras", "keras"),
    ("explorer/arithmetic/softmax.py", "from tensorflow import constant", "keras"),
    ("explorer/arithmetic/case.py", "import explorer.views.session", "rooms"),
    ("explorer/analysis/loops.py", "import layers.linear", "keras"),  # which imports Keras
    ("explorer/export/program.py", "import explorer.core.build", "rooms"),
    ("explorer/claims/claim.py", "import keras", "keras"),
    ("explorer/figures/distribution.py", "import explorer.stage.pack", "rooms"),
    ("explorer/i18n/translator.py", "import explorer.views", "rooms"),
    ("explorer/keras_texts/summaries.py", "import keras", "keras"),
    ("explorer/engine/pool/client.py", "import streamlit", "screen"),
    ("explorer/engine/transport/wire.py", "import explorer.export.program", "rooms"),
    ("explorer/stage/pack.py", "import explorer.views.work", "rooms"),
    ("explorer/views/work.py", "import explorer.core.run", "rooms"),
    ("explorer/views/panels/weights.py", "import tensorflow", "keras"),
    ("explorer/web/door.py", "import explorer.views.session", "rooms"),
    ("explorer/web/door.py", "import pytest", "tests"),
    ("explorer/core/plain.py", "from streamlit import session_state", "screen"),
    ("explorer/watching/saves.py", "import explorer.engine.job", "rooms"),
    ("explorer/core/doctor/compare.py", "import explorer.views.session", "rooms"),
    ("explorer/command/doctor.py", "import plotly", "screen"),
    ("explorer/notebook/html.py", "import explorer.stage.flow", "screen"),  # which imports Streamlit
    ("explorer/testing.py", "import pytest", "tests"),
    ("explorer/settings.py", "import explorer.model.trace", "rooms"),
    ("explorer/project.py", "import explorer.settings", "rooms"),
    ("explorer/registry.py", "import explorer.model.trace", "rooms"),
    ("explorer/novel.py", "import math", "rooms"),  # a room that nobody has placed
]


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_planted_violation_is_found(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout[-2000:]
    told = done.stdout + done.stderr
    assert f"{CONTRACTS[contract]['name']} BROKEN" in told or "novel" in told, told[-2000:]


def test_every_room_has_a_planted_violation() -> None:
    planted = {".".join(Path(file).with_suffix("").parts[:2]) for file, _, _ in PLANTED if file.startswith("explorer")}
    assert ROOMS - planted == {"explorer.__main__"}  # the program's first lines


def test_the_catalogue_is_read_without_keras() -> None:
    program = "import sys, layers; assert len(layers.catalogue()) > 10; print([n for n in sys.modules if n in %r])"
    command = [sys.executable, "-c", program % (("keras", "tensorflow", "numpy"),)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_importing_the_web_process_brings_no_keras() -> None:
    """What the source does not show: an import by name."""
    rooms = sorted(ROOMS - WITH_KERAS)
    program = (
        "import importlib, pkgutil, sys\n"
        f"for room in {rooms!r}:\n"
        "    home = importlib.import_module(room)\n"
        "    for one in pkgutil.walk_packages(getattr(home, '__path__', ()), f'{room}.'):\n"
        "        importlib.import_module(one.name)\n"
        "print([name for name in ('keras', 'tensorflow', 'pytest') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert ast.literal_eval(done.stdout.strip().splitlines()[-1]) == []


def test_few_statements_are_laid_out_by_hand() -> None:
    paths = [
        path
        for folder in ("explorer", "layers", "tests", "benchmarks", "tools")
        for path in (ROOT / folder).rglob("*.py")
    ]
    mark = "# fmt" + ": skip"
    assert sum(path.read_text(encoding="utf-8").count(mark) for path in paths) <= 40
