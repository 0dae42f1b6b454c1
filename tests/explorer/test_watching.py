"""The watched file: which saves are kept, with which modules, and what is done with a file that cannot be read."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from explorer.engine.pool import client
from explorer.experiment.experiment import MAX_CODE
from explorer.experiment.own_files import files, place_in
from explorer.model.problem import Problem
from explorer.watching import Watcher, stop_watching, watch, watcher
from explorer.watching.reading import modules_beside, text_of
from explorer.watching.saves import Saves, first_changed_line, source_difference

MAIN = "import keras\nfrom helper import one\nimport package.inner as inner\nimport numpy\n\nx = one\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file with modules beside it, one of which it does not import."""
    (tmp_path / "package").mkdir()
    for name, text in {
        "mine.py": MAIN,
        "helper.py": "from deeper import two\none = 1\n",
        "deeper.py": "two = 2\n",
        "package/__init__.py": "",
        "package/inner.py": "from . import sister\nfrom ..helper import one\n",
        "package/sister.py": "",
        "unused.py": "",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def written(path: Path, text: str, tick: int) -> None:
    """Write a file at a time of its own: a file system may not tell two quick writes apart."""
    path.write_text(text)
    os.utime(path, ns=(tick * 10**9, tick * 10**9))


def seen(one: Watcher) -> list[str]:
    """Look until what was written has been read, and give the texts of all saves."""
    for _ in range(3):
        one.look()
    return [save.code for save in one.saves]


def test_imported_modules_are_found_and_no_others(folder: Path) -> None:
    found = modules_beside(folder / "mine.py", MAIN)
    assert list(found) == ["deeper.py", "helper.py", "package/__init__.py", "package/inner.py", "package/sister.py"]
    assert found["deeper.py"] == "two = 2\n"


def test_each_save_of_any_of_the_files_is_kept_once(folder: Path) -> None:
    one = Watcher(folder / "mine.py")
    (first,) = seen(one)
    assert [file.path for file in files(first)][:2] == ["", "deeper.py"]
    written(folder / "unused.py", "y = 1\n", 1)
    written(folder / "mine.py", MAIN, 2)  # the same text
    assert seen(one) == [first]
    written(folder / "deeper.py", "two = 3\n", 3)
    assert len(seen(one)) == 2 and "two = 3" in one.saves[-1].code and one.knows(first)
    written(folder / "mine.py", "import unused\n", 4)
    assert [file.path for file in files(seen(one)[-1])] == ["", "unused.py"]
    written(folder / "unused.py", "y = 2\n", 5)
    assert seen(one)[-1].endswith("y = 2\n")
    assert [save.number for save in one.saves] == [1, 2, 3, 4]


def test_a_broken_file_keeps_its_modules(folder: Path) -> None:
    one = Watcher(folder / "mine.py")
    seen(one)
    written(folder / "mine.py", "import helper\ndef f(:\n", 1)
    assert len(files(seen(one)[-1])) == 6
    written(folder / "helper.py", "one = 4\n", 2)
    assert "one = 4" in seen(one)[-1]


def test_a_file_is_read_when_it_is_written_to_its_end(folder: Path) -> None:
    one = Watcher(folder / "mine.py")
    assert len(seen(one)) == 1
    written(folder / "mine.py", "half = ", 1)
    one.look()
    written(folder / "mine.py", "half = 1\nwhole = 2\n", 2)
    one.look()
    assert len(one.saves) == 1
    assert seen(one)[1:] == ["half = 1\nwhole = 2\n"]


def test_what_cannot_be_taken_is_told_and_the_saves_stay(folder: Path) -> None:
    one, path = Watcher(folder / "mine.py"), folder / "mine.py"
    (first,) = seen(one)
    for tick, data in enumerate((b"\xff\xfe\x00", b"# coding: nonsense\n", b"x = 1\n" * MAX_CODE), 1):
        path.write_bytes(data)
        os.utime(path, ns=(tick * 10**9, tick * 10**9))
        assert seen(one) == [first] and one.problem is not None
    path.unlink()
    assert seen(one) == [first]
    path.write_bytes("# coding: latin-1\nä = 1\r\n".encode("latin-1"))
    assert seen(one)[1:] == ["# coding: latin-1\nä = 1\n"] and one.problem is None
    with pytest.raises(Problem, match=r"other\.py cannot be read"):
        text_of(folder / "other.py")


def test_a_thread_follows_the_file_until_it_is_told_to_stop(folder: Path) -> None:
    path = folder / "mine.py"
    one = watch(path)
    try:
        assert watcher() is one and len(one.saves) == 1
        written(path, "x = 2\n", 1)
        until = time.monotonic() + 10
        while len(one.saves) == 1 and time.monotonic() < until:
            time.sleep(0.01)
        assert one.saves[-1].code == "x = 2\n"
    finally:
        stop_watching()
    assert watcher() is None and "watcher" not in [thread.name for thread in threading.enumerate()]


def test_saves_are_bounded_in_number_and_size() -> None:
    kept = Saves(most=3, most_bytes=100)
    for number in range(5):
        kept.add(f"x = {number}\n")
    assert [save.number for save in kept.all()] == [3, 4, 5]
    assert kept.knows("x = 4\n") and not kept.knows("x = 0\n")
    kept.add("y" * 90)
    assert [save.number for save in kept.all()] == [5, 6]
    kept.add("z" * 200)
    assert [save.number for save in kept.all()] == [7]


def test_the_difference_of_two_texts() -> None:
    before, after = "a\nb\nc\n", "a\nB\nc\nd\n"
    assert source_difference(before, after).splitlines() == ["@@ -1,3 +1,4 @@", " a", "-b", "+B", " c", "+d"]
    assert (first_changed_line(before, after), first_changed_line(before, before)) == (2, 0)
    assert first_changed_line("a\nb\n", "a\n") == 1 and first_changed_line("a\n", "a\nb\n") == 2
    assert first_changed_line("a\n", "") == 1


def test_a_line_is_told_where_its_writer_finds_it() -> None:
    code = "a\nb\n# %% file: c.py\nd\ne\n"
    assert [place_in(code, line) for line in (1, 2, 4, 5)] == [("", 1), ("", 2), ("c.py", 1), ("c.py", 2)]


def test_only_the_watched_text_goes_without_walls_and_only_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    holder = client._holder()
    for name in ("knows", "on_loopback"):
        monkeypatch.setattr(holder, name, getattr(holder, name, None), raising=False)
    for name in ("engine", "own_code_engine", "watched_engine"):
        monkeypatch.setattr(client, name, lambda name=name: name)
    monkeypatch.setattr(client, "own_code_refusal", lambda: None)
    mine, other = {"code": "mine"}, {"code": "other"}
    client.trust_watched(lambda code: code == "mine")
    client.tell_loopback(False)
    assert client.engine_for(mine) == "own_code_engine"
    client.tell_loopback(True)
    assert client.engine_for(mine) == client.engine_for({"experiment": mine}) == "watched_engine"
    assert client.engine_for({"experiment": {"layer": "linear"}}) == "engine"
    for args in (other, {"experiment": other}, {**mine, "experiment": other}, {**other, "experiment": mine}):
        assert client.engine_for(args) == "own_code_engine"
