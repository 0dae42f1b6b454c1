"""`make newest`: it asks for names alone, and tells what differs and what broke."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import newest


def test_it_asks_for_names_and_platforms_and_no_versions() -> None:
    asked = [Requirement(name) for name in newest.names()]
    assert {"keras", "streamlit", "tensorflow-cpu", "pytest", "playwright"} <= {one.name for one in asked}
    assert not any(one.specifier for one in asked)
    assert all(one.marker for one in asked if one.name.startswith("tensorflow"))


def test_it_tells_what_is_not_as_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = "\n".join(newest._lines(newest.ROOT / "requirements-dev.lock")).replace("pytest==", "pytest==0.")
    (tmp_path / "requirements-dev.lock").write_text(lock)
    monkeypatch.setattr(newest, "ROOT", tmp_path)
    assert f"pytest: 0.{pytest.__version__} → {pytest.__version__}" in list(newest.newer(sys.executable))


def test_it_tells_what_broke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # no other folder's settings are looked for
    for name, word in (("good", "True"), ("bad", "False")):
        (tmp_path / f"test_{name}.py").write_text(f"def test(): assert {word}")
    assert newest.passes(sys.executable, str(tmp_path / "test_good.py"))
    assert not newest.passes(sys.executable, str(tmp_path / "test_bad.py"))
    told = capsys.readouterr().out
    assert "BROKEN" in told and "FAILED" in told
