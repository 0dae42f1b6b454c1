"""The checks of the JavaScript bite: what is planted in a copy of the sources is found, and nothing else is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = ROOT / "node_modules" / ".bin"
SOURCES = (
    "explorer/stage/js",
    "explorer/views/gallery_search",
    "benchmarks/page",
    "tests/explorer/stage/js",
    "tools/bundles",
)
SETTINGS = ("tsconfig.json", "biome.jsonc", "tools/no_markup.grit")

pytestmark = pytest.mark.skipif(
    not BIN.exists(), reason="NOT TESTED: node_modules is missing (`make test` installs it)"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")  # the types of the packages that are bundled
    for name in SETTINGS:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def check(tool: str, root: Path) -> tuple[int, str]:
    command = {"tsc": ["tsc"], "biome": ["biome", "ci", "--error-on-warnings", "--colors=off"]}[tool]
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=root, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("tool", ["tsc", "biome"])
def test_the_sources_pass(tool: str, copy: Path) -> None:
    code, output = check(tool, copy)
    assert code == 0, output


@pytest.mark.parametrize(
    ("tool", "line", "told"),
    [
        ("tsc", 'export const planted = clampCell({ facet: 0, row: "0", column: 0 }, 1, 1, 1)', "TS2322"),
        ("tsc", "export const planted = (cell) => cell", "TS7006"),
        ("biome", "export const planted = (one, other) => one == other", "noDoubleEquals"),
        ("biome", "const planted = 1", "noUnusedVariables"),
        ("biome", "export const planted = 'other quotes'", "File content differs from formatting output"),
        ("biome", "export const planted = (node, text) => (node.innerHTML += text)", "never become markup"),
        ("biome", "export const planted = (node, text) => node?.insertAdjacentHTML(0, text)", "never become markup"),
        ("biome", 'export const planted = (node, text) => Object.assign(node, { ["outerHTML"]: text })', "never"),
        ("biome", "export const planted = (text) => window.document.write(text)", "never become markup"),
    ],
)
def test_what_is_planted_is_found(tool: str, line: str, told: str, copy: Path) -> None:
    path = copy / "explorer/stage/js/core/hit.js"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    code, output = check(tool, copy)
    assert code != 0 and "core/hit.js" in output and told in output, output
