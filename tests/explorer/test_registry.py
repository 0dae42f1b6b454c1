"""Things are found in the files of a package; two of one name are refused."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from explorer.registry import Registry


@pytest.mark.parametrize("before", [[], ["second"], ["second", "first"]])
def test_the_files_of_a_package_are_found_in_order(
    before: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "found_here"
    package.mkdir()
    (package / "__init__.py").write_text("from explorer.registry import Registry\nTHINGS = Registry(__name__)\n")
    for name in ("second", "first"):
        (package / f"{name}.py").write_text(f"from found_here import THINGS\nTHINGS.add({name!r}, {len(name)})\n")
    monkeypatch.syspath_prepend(tmp_path)
    from found_here import THINGS  # type: ignore[import-not-found]

    for name in before:  # somebody needed it before all were asked for
        importlib.import_module(f"found_here.{name}")
    assert dict(THINGS.all()) == {"first": 5, "second": 6} and list(THINGS.all()) == ["first", "second"]
    for name in ("found_here", "found_here.first", "found_here.second"):
        del sys.modules[name]


def test_a_module_alone_is_a_registry_too() -> None:
    things: Registry[int] = Registry(__name__)
    things.add("one", 1)
    assert dict(things.all()) == {"one": 1}


def test_two_things_of_one_name_are_refused() -> None:
    things: Registry[int] = Registry(__name__)
    things.add("one", 1)
    with pytest.raises(ValueError, match=r"one thing named 'one'\. Received: two"):
        things.add("one", 2)
