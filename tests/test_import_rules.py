"""Which room may know what: read from the source, and seen in a process that imports every module of a room."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTING = ("pytest", "_pytest", "hypothesis", "playwright", "axe_playwright_python", "xdist")
SCREEN = ("streamlit", "plotly", *TESTING)
KERAS = ("keras", "tensorflow", *TESTING)
CLIENT = (
    "pool",
    "job",
    "codec",
    "wire",
    "columns",
    "lives",
    "simple",
    "problems",
    "reports",
    "reading",
    "frames",
    "cache",
    "lanes",
    "keeper",
)
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "layers": (("layers",), SCREEN),
    "core": (("explorer/core",), SCREEN),
    "page": (
        (
            "app.py", "explorer/__init__.py", "explorer/experiment.py", "explorer/experiment/recipes.py", "explorer/experiment/uploads.py",
            "explorer/experiment/files.py", "explorer/export/program.py", "explorer/export/constructor.py", "explorer/export/layer_source.py",
            "explorer/analysis/tensor_text.py", "explorer/i18n/translator.py", "explorer/model/problem.py", "explorer/model/trace.py", "explorer/model/training_step.py",
            "explorer/model/dependence.py", "explorer/model/lifecycle.py", "explorer/model/report.py", "explorer/model/explanation.py",
            "explorer/arithmetic", "explorer/experiment/chains.py", "explorer/analysis/difference.py", "explorer/analysis/time_steps.py",
            "explorer/analysis/loops.py", "explorer/analysis/gates.py",
            "explorer/views/navigation.py", "explorer/settings.py", "explorer/web", "explorer/views", "explorer/stage",
            "explorer/figures",
            "explorer/claims/__init__.py", "explorer/claims/claim.py",
            *(f"explorer/engine/{name}.py" for name in CLIENT),
        ),
        KERAS,
    ),
}  # fmt: skip
"""A room's files, and what importing them may not bring."""


def files(room: str, root: Path = ROOT) -> list[Path]:
    found = []
    for name in ROOMS[room][0]:
        path = root / name
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def module_of(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def violations(room: str, root: Path = ROOT) -> list[str]:
    """What a room's files import that they may not."""
    found = []
    for path in files(room, root):
        for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if name.split(".")[0] in ROOMS[room][1]:
                found.append(f"{path.relative_to(root)}: {name}")
    return found


def imported(room: str, root: Path = ROOT) -> list[str]:
    """What is in `sys.modules` that may not be, once every module of the room has been imported."""
    modules = [module_of(path, root) for path in files(room, root)]
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print([name for name in {ROOMS[room][1]!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    found: list[str] = ast.literal_eval(result.stdout.strip().splitlines()[-1])
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_the_source_of_a_room_keeps_the_rule(room: str) -> None:
    assert len(files(room)) > 5 and all(path.exists() for path in files(room))
    assert violations(room) == []


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_keeps_the_rule(room: str) -> None:
    assert imported(room) == []


def test_nothing_that_runs_imports_a_package_of_the_tests() -> None:
    paths = [ROOT / "app.py", *(ROOT / "layers").rglob("*.py"), *(ROOT / "explorer").rglob("*.py")]
    used = {(path, name) for path in paths for name in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(used) > 500
    assert [use for use in used if use[1].split(".")[0] in TESTING] == []


def test_the_catalogue_is_read_without_keras() -> None:
    program = "import sys, layers; assert len(layers.catalogue()) > 10; print([n for n in sys.modules if n in %r])"
    result = subprocess.run(
        [sys.executable, "-c", program % (("keras", "tensorflow", "numpy"),)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert result.stdout.strip() == "[]"


def copy_of_the_project(target: Path) -> Path:
    for name in ("layers", "explorer"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", target / "app.py")
    return target


PLANTED: Iterable[tuple[str, str, str]] = (
    ("layers", "layers/linear.py", "import plotly"),
    ("core", "explorer/core/plain.py", "from streamlit import session_state"),
    ("page", "explorer/experiment/recipes.py", "import keras"),
    ("page", "explorer/web/door.py", "import pytest"),
    ("page", "explorer/engine/transport/wire.py", "from tensorflow import constant"),
    ("page", "explorer/arithmetic/softmax.py", "import tensorflow"),
)


@pytest.mark.parametrize(("room", "file", "line"), PLANTED)
def test_a_planted_violation_is_found(room: str, file: str, line: str, tmp_path: Path) -> None:
    root = copy_of_the_project(tmp_path)
    assert violations(room, root) == []
    path = root / file
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("from __future__ import annotations\n", f"from __future__ import annotations\n{line}\n", 1)
    )
    (found,) = violations(room, root)
    assert found.startswith(f"{file}: ")


def test_a_violation_by_a_detour_is_found(tmp_path: Path) -> None:
    """No line of the file names Keras; importing it brings Keras all the same."""
    root = copy_of_the_project(tmp_path)
    path = root / "explorer/analysis/tensor_text.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nimport layers.linear\n")
    assert violations("page", root) == []
    assert "keras" in imported("page", root)
