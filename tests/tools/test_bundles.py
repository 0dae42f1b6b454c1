"""The modules that are made of npm's packages: small, whole, and with the licences of what is in them."""

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
LIMIT = 200_000
"""Bytes of the editor's module that a browser may be sent, compressed."""

pytestmark = pytest.mark.skipif(
    not (ROOT / "node_modules" / "esbuild").exists(), reason="NOT TESTED: esbuild is missing (`make test` installs it)"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The editor's module, made anew in a copy of what it is made of."""
    top = tmp_path_factory.mktemp("bundles")
    (top / "tools").mkdir()
    shutil.copy(SCRIPT, top / "tools")
    shutil.copytree(SCRIPT.with_suffix(""), top / "tools" / "bundles")
    (top / "node_modules").symlink_to(ROOT / "node_modules")
    output = top / CODEMIRROR.relative_to(ROOT)
    output.parent.mkdir(parents=True)
    done = subprocess.run(
        ["node", "tools/bundles.mjs"], cwd=top, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return output.read_text(encoding="utf-8")


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


def test_what_lies_beside_the_stage_is_what_is_made(made: str) -> None:
    if not CODEMIRROR.exists():
        pytest.skip("NOT TESTED: the editor's module is not made here (`make test` makes it)")
    assert CODEMIRROR.read_text(encoding="utf-8") == made
