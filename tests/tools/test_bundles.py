"""The modules that are made: of npm's packages, small, whole, and with the licences of what is in them; of our own."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "bundles.mjs"
CODEMIRROR = ROOT / "explorer" / "stage" / "js" / "bundles" / "codemirror.js"
NOTEBOOK = ROOT / "explorer" / "notebook" / "bundles" / "notebook.js"
SVG = "http://www.w3.org/2000/svg"
LIMIT = 200_000
"""Bytes of the editor's module that a browser may be sent, compressed."""

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules" / "esbuild").exists(), reason="NOT TESTED: esbuild is missing (`make test` installs it)"
)


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the modules are made of, in which they were made anew."""
    top = tmp_path_factory.mktemp("bundles")
    (top / "tools").mkdir()
    shutil.copy(SCRIPT, top / "tools")
    shutil.copytree(SCRIPT.with_suffix(""), top / "tools" / "bundles")
    (top / "node_modules").symlink_to(ROOT / "node_modules")
    for room in ("stage", "notebook"):
        home = Path("explorer", room, "js")
        shutil.copytree(ROOT / home, top / home, ignore=shutil.ignore_patterns("bundles"))
    done = subprocess.run(
        ["node", "tools/bundles.mjs"], cwd=top, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return top


@pytest.fixture(scope="module")
def made(top: Path) -> str:
    """The editor's module."""
    return (top / CODEMIRROR.relative_to(ROOT)).read_text(encoding="utf-8")


def test_the_editor_is_small_enough(made: str) -> None:
    assert 50_000 < len(gzip.compress(made.encode())) <= LIMIT


def test_nothing_is_loaded_from_elsewhere(made: str) -> None:
    assert not re.search(r"\bimport\s*[({*\"']|\bfrom\s*[\"']|\beval\(|\bnew Function\b|\bfetch\(", made)


def test_each_package_is_named_with_its_licence(made: str) -> None:
    licences = made.partition("/*!")[2]
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    asked = re.findall(r'from "(@[\w/-]+)"', (SCRIPT.with_suffix("") / "codemirror.js").read_text(encoding="utf-8"))
    assert len(asked) > 5
    for name in [*asked, "@lezer/common", "@lezer/lr", "@lezer/python", "style-mod", "w3c-keyname", "crelt"]:
        assert f"{name} {lock[f'node_modules/{name}']['version']}" in licences
    assert licences.count("Permission is hereby granted") == licences.count("----") + 1


@pytest.mark.parametrize("module", [CODEMIRROR, NOTEBOOK], ids=lambda path: path.stem)
def test_what_lies_there_is_what_is_made(top: Path, module: Path) -> None:
    if not module.exists():
        pytest.skip("NOT TESTED: the module is not made here (`make test` makes it)")
    assert module.read_bytes() == (top / module.relative_to(ROOT)).read_bytes()


def test_the_notebook_s_module_is_alone_in_the_world(top: Path) -> None:
    text = (top / NOTEBOOK.relative_to(ROOT)).read_text(encoding="utf-8").replace(SVG, "")
    assert not re.search(r"\bimport\s*[({*\"']|\bfrom\s*[\"']|\beval\(|\bnew Function\b|\bhttps?:", text)
    assert len(gzip.compress(text.encode())) < 200_000
