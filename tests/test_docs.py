"""The documentation names what exists: modules, files, rooms, constants with their values, Korean terms."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po

from explorer.claims import claims
from explorer.engine.transport import wire
from explorer.model.trace import Role

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))])
ROOMS = sorted(
    path.stem
    for path in (ROOT / "explorer").iterdir()
    if (path.is_dir() or path.suffix == ".py") and path.stem not in ("__init__", "__pycache__")
)
NAME = re.compile(r"(?<![\w./-])(?:explorer|layers)(?:\.[A-Za-z_]\w*)+")
PATH = re.compile(r"(?<![\w./-])(?:explorer|layers|tests|tools|docs|benchmarks)/[\w./-]*")
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
MADE_UP = {"layers/your_layer.py", "tests/layers/test_your_layer.py"}
"""Files that the instructions tell a reader to write."""
SUFFIXES = (".py", ".md", ".po", ".toml", ".js")

pages = pytest.mark.parametrize("page", PAGES, ids=[path.name for path in PAGES])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def without_keras(text: str) -> str:
    """`keras.layers.LSTM` is no module of ours, nor is a host name."""
    return re.sub(r"\bkeras\.layers[\w.]*|https?://\S+", "", text)


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or a word that a module's source defines."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:length])
        file = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
        if file is None:
            continue
        rest = parts[length:]
        source = text_of(file)
        return not rest or bool(re.search(rf"^(?:def|class)? *{rest[0]}\b|^from .*\b{rest[0]}\b", source, re.M))
    return False


@pages
def test_every_module_that_a_page_names_exists(page: Path) -> None:
    names = {name for name in NAME.findall(without_keras(text_of(page))) if not name.endswith(SUFFIXES)}
    assert [name for name in sorted(names) if not exists(name)] == []


@pages
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    paths = {path.rstrip(".") for path in PATH.findall(without_keras(text_of(page)))} - MADE_UP
    assert [path for path in sorted(paths) if not (page.parent / path).exists() and not (ROOT / path).exists()] == []


@pages
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    targets = [target for target, _ in LINK.findall(text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_name_that_does_not_exist_is_found() -> None:
    assert exists("explorer.model.trace.MAX_SHOWN") and exists("explorer.run") and exists("layers.catalogue")
    assert not exists("explorer.model.trace.MAX_HIDDEN")
    assert not exists("explorer.outputs")
    assert NAME.findall("`explorer.inputs`, (layers.card)") == ["explorer.inputs", "layers.card"]
    assert PATH.findall("`explorer/inputs.py`, layers/") == ["explorer/inputs.py", "layers/"]


# ------------------------------------------------------------------------------------------------ the rooms
@pytest.mark.parametrize("room", ROOMS)
def test_the_architecture_page_names_every_room(room: str) -> None:
    path = ROOT / "explorer" / room
    shown = f"`explorer/{room}/`" if path.is_dir() else f"`explorer/{room}.py`"
    rows = [line for line in text_of(DOCS / "architecture.md").splitlines() if line.startswith(f"| {shown} |")]
    assert len(rows) == 1, shown


def test_the_drawing_of_the_rooms_is_the_contracts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    ordered = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    wanted = [line.replace("|", " ").split() for line in ordered]
    blocks = re.findall(r"```\n(.*?)```", text_of(DOCS / "architecture.md"), re.S)
    assert wanted in [[line.split() for line in block.splitlines()] for block in blocks]


# ------------------------------------------------------------------------------------------------ numbers
CONSTANT = re.compile(r"^\| `(explorer[\w.]+)\.([A-Z_]+)` \| ([\d,]+)( MiB)? \|", re.M)


def stated() -> list[tuple[str, str, int]]:
    return [
        (module, name, int(number.replace(",", "")) << (20 if unit else 0))
        for module, name, number, unit in CONSTANT.findall(text_of(DOCS / "trace-format.md"))
    ]


def value_of(module: str, name: str) -> Any:
    """A constant's value; of a module that imports Keras the assignment is read, not run."""
    if module.startswith("explorer.core"):
        source = text_of(ROOT.joinpath(*module.split(".")).with_suffix(".py"))
        found = re.search(rf"^{name} = ([\d_]+)$", source, re.M)
        return found and int(found[1])
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("module", "name", "value"), stated(), ids=lambda part: str(part))
def test_a_number_of_the_trace_page_is_the_codes(module: str, name: str, value: int) -> None:
    assert value_of(module, name) == value


def test_the_trace_page_states_the_sizes_of_messages() -> None:
    names = {name for _, name, _ in stated()}
    assert {"MAX_BODY", "MAX_HEADER", "MAX_MESSAGE", "MAX_SHOWN", "MAX_TRACE_BYTES"} <= names
    assert len(stated()) > 20


def test_every_role_is_on_the_trace_page() -> None:
    page = text_of(DOCS / "trace-format.md")
    assert [role for role in get_args(Role) if f"`{role}`" not in page] == []


def test_the_first_bytes_of_a_message() -> None:
    page = text_of(DOCS / "trace-format.md")
    assert f'b"{wire.MAGIC.decode()}" | u32 header length | u64 body length' in page
    assert wire.encode({}, {}).startswith(wire.MAGIC)


# ------------------------------------------------------------------------------------------------ the glossary
def rows() -> list[list[str]]:
    lines = text_of(DOCS / "glossary.md").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in found if row[0] != "word"]


@functools.cache
def korean() -> tuple[str, ...]:
    with (ROOT / "explorer" / "i18n" / "ko.po").open("rb") as file:
        return tuple(str(message.string) for message in read_po(file, locale="ko") if message.id)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_word_of_the_glossary(row: list[str]) -> None:
    word, meaning, where, terms = row
    assert word and meaning.endswith(".")
    named = re.findall(r"`([\w.]+)`", where)
    assert named and all(exists(name) for name in named)
    for term in terms.split(", "):
        assert term == "–" or any(term in text for text in korean()), term


def test_the_glossary_has_the_words_that_a_newcomer_meets() -> None:
    words = {part.split(" (")[0].lower() for row in rows() for part in row[0].split(", ")}
    wanted = (
        "trace frame step operand role card example experiment look recipe edit check finding fix problem repair claim "
        "panel scene stage flow lens trail gradient perturbation downstream moment call chain worker scheduler task "
        "lane future codec catalogue"
    )
    assert set(wanted.split()) - words == set()
    assert {"tensor id", "template process", "life", "lifecycle"} <= words


# ------------------------------------------------------------------------------------------------ counts
def test_the_readme_counts_checks_mistakes_and_claims_rightly() -> None:
    core = ROOT / "explorer" / "core"
    checks = sum(text_of(path).count("\n@check(") for path in (core / "doctor" / "checks").glob("*.py"))
    tables = [
        node.value
        for node in ast.parse(text_of(core / "mistakes" / "why.py")).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "WHY"
    ]
    mistakes = len(next(node for node in ast.walk(tables[0]) if isinstance(node, ast.Dict)).keys)
    page = text_of(ROOT / "README.md")
    assert f"{checks} checks of a correct layer" in page
    assert f"{mistakes} typical mistakes" in page
    assert f"{len(claims())} statements" in page
