"""The doctor's panel: a cure is looked for on demand, shown with what was refused, and taken into the code."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import layers
from explorer.experiment import Experiment, Look
from explorer.i18n.translator import translator
from explorer.model.cure import Candidate, Cure, Search
from explorer.model.report import Finding, Report
from explorer.model.trace import Message
from explorer.views.panels import Scene, doctor
from explorer.views.session import Session

TEXT = Message("-")
CODE = "class Mine: ..."
WRONG = Candidate(
    Message("Use {names}", {"names": "relu"}), ("-a", "+b"), Message("It cannot be executed: {error}", {"error": "E"})
)
RIGHT = Candidate(Message("Use {names}", {"names": "ops.relu"}), ("-a", "+c"))
CURE = Cure(RIGHT.what, RIGHT.change, "class Mine: ...  # cured", ("y0 = nan",), ("y0 = 0",))


def app() -> None:
    import streamlit as st

    from explorer.views.panels import doctor

    doctor.show(st.session_state["scene"])


def report(curable: bool = True) -> Report:
    told = [Finding(f"check_{n}", "failed", *(TEXT,) * 5, curable=curable) for n in range(2)]
    return Report("Mine", ("float32 (2, 3)",), tuple(told))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked for, and answers in the place of the engine's."""
    found: list[Any] = []

    def cure_of(session: Session, experiment: Experiment, check: str, number: int) -> Search:
        found.append((check, number))
        return Search(check, TEXT, (WRONG, RIGHT), CURE) if check == "check_1" else Search(check, TEXT, (WRONG,))

    monkeypatch.setattr(doctor, "report_of", lambda *_: report())
    monkeypatch.setattr(doctor, "cure_of", cure_of)
    monkeypatch.setattr(doctor, "doctor_command", lambda card, experiment: "")
    return found


def opened(experiment: Experiment, language: str = "en") -> AppTest:
    session = Session(experiment, Look(language=language))
    session.agree(experiment.code)
    page = AppTest.from_function(app)
    page.session_state["scene"] = Scene(session, layers.catalogue()["linear"], experiment, translator(language))
    return page.run()


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_a_cure_is_looked_for_when_a_reader_wants_it_and_becomes_the_code(asked: list[Any]) -> None:
    page = opened(Experiment("own.Mine", code=CODE))
    assert not page.exception and labels(page).count("Look for a cure") == 2 and asked == []
    page.button(key="cure_failed_1").click().run()
    assert not page.exception and asked == [("check_1", 0)]
    assert [block.value for block in page.code][:3] == ["-a\n+c", "y0 = nan", "y0 = 0"]
    told = "\n".join(text.value for text in page.markdown)
    assert "Refused" in told and "Offered" in told and told.index("Refused") < told.index("Offered")
    session = page.session_state["scene"].session
    page.button(key="take_failed_1").click().run()
    assert not page.exception
    assert session.experiment.code == CURE.code and session.has_agreed(CURE.code)
    session.undo()
    assert session.experiment.code == CODE


def test_where_no_change_cures_it_nothing_can_be_taken(asked: list[Any]) -> None:
    page = opened(Experiment("own.Mine", code=CODE))
    page.button(key="cure_failed_0").click().run()
    assert asked == [("check_0", 0)] and "Take this change" not in labels(page)
    assert any("None of the changes" in text.value for text in page.markdown)


def test_only_code_that_is_written_here_can_be_changed(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Look for a cure" not in labels(opened(Experiment("linear")))
    monkeypatch.setattr(doctor, "report_of", lambda *_: report(curable=False))
    assert "Look for a cure" not in labels(opened(Experiment("own.Mine", code=CODE)))


def test_it_is_told_in_korean(asked: list[Any]) -> None:
    page = opened(Experiment("own.Mine", code=CODE), "ko")
    assert labels(page).count("고칠 방법 찾기") == 2
    page.button(key="cure_failed_1").click().run()
    assert "이 변경 적용하기" in labels(page)
