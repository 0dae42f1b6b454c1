"""The reader's own code: the editor, what is said about its lines, what to start from, and what to take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import streamlit as st

import layers
from explorer.analysis.line_notes import line_notes
from explorer.engine.pool.client import own_code_refusal
from explorer.experiment.code_fixes import apply_fixes
from explorer.experiment.experiment import OWN_FILE
from explorer.experiment.starts import starts
from explorer.export.copy_of import can_be_copied, copy_of
from explorer.export.layer_test import layer_test
from explorer.model.answers import CodeFinding
from explorer.model.fix import Fix
from explorer.stage import editor
from explorer.stage.editor import Editor, Mark, Note
from explorer.views.foreign_text import escape, marked
from explorer.views.own_code import KEY, put, typed
from explorer.views.problems import show_problem
from explorer.views.session import Draft, Session


def draw_code(session: Session, draft: Draft) -> None:
    """Draw the editor and what belongs to it."""
    t = session.text
    ran = draft.of if draft.of and session.has_agreed(draft.of) else None
    _draw_starts(session)
    editor.draw(
        Editor(
            draft.text,
            draft.version,
            document="own",
            of=ran,
            marks=list(_marks(session)) if ran is not None else (),
            notes=_notes(session, ran) if ran is not None else (),
            can_run=own_code_refusal() is None,
            by_itself=ran is not None,
        ),
        key="editor",
        t=t,
        on_draft=partial(typed, session, run=False),
        on_run=partial(typed, session, run=True),
        on_select=lambda tensor: session.see(tensor=tensor),
    )
    if KEY in session.problems:
        show_problem(session, session.problems[KEY], KEY)
    if session.own is not None and ran is not None:
        _draw_fixes(session, session.own.findings)
        _draw_printed(session, session.own.printed)
    _draw_take_away(session, draft.text)


def _draw_starts(session: Session) -> None:
    """Draw the list of texts to start from; the chosen one is put into the editor and run."""
    t, known, cards = session.text, starts(), layers.catalogue()

    def name_of(choice: str) -> str:
        return t(known[choice].title) if choice in known else t("A copy of {layer}", layer=t(cards[choice].title))

    def choose() -> None:
        choice = st.session_state["start_from"]
        st.session_state["start_from"] = None
        if choice in known or choice in cards:
            put(session, known[choice].code if choice in known else copy_of(cards[choice]))

    st.selectbox(
        t("Start from"),
        [*known, *(name for name, card in cards.items() if can_be_copied(card))],
        index=None,
        format_func=name_of,
        key="start_from",
        placeholder=t("Start from a template, a mistake or a copy of a layer"),
        on_change=choose,
        label_visibility="collapsed",
    )


def _notes(session: Session, code: str) -> list[Note]:
    trace = session.failed or session.last_good
    return [Note(line, tensors) for line, tensors in line_notes(trace, code).items()] if trace is not None else []


def _marks(session: Session) -> Iterator[Mark]:
    """What is wrong with lines of the code: the last error, then what could be written better."""
    t, fault = session.text, session.fault
    if fault is not None and fault.place is not None and fault.place.file == OWN_FILE:
        yield Mark(fault.place.line, t.message(fault.what), "error")
    for finding in session.own.findings if session.own is not None else ():
        yield Mark(finding.line, t.message(finding.what), "warning")


def _draw_fixes(session: Session, findings: Sequence[CodeFinding]) -> None:
    """Draw what could be written better, each with the change that does it, to be taken by a press."""
    t = session.text
    for number, finding in enumerate(findings):
        with st.container(horizontal=True, vertical_alignment="center", key=f"finding_{number}"):
            line = t("Line {line}", line=finding.line)
            st.markdown(f":orange[**{escape(line)}**] {marked(t.message(finding.what))}")
            if finding.fix is not None:
                st.button(
                    t("Change it"),
                    key=f"fix_{number}",
                    icon=":material/auto_fix_high:",
                    on_click=partial(_apply, session, [finding.fix]),
                )
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    if len(fixes) > 1:
        label = t("Make all {count} changes", count=len(fixes))
        st.button(label, key="fix_all", type="primary", on_click=partial(_apply, session, fixes))


def _apply(session: Session, fixes: Sequence[Fix]) -> None:
    put(session, apply_fixes(session.experiment.code, fixes))


def _draw_printed(session: Session, printed: str) -> None:
    """Draw what the code has printed, when it was read and when the layer was built and called."""
    trace = session.last_good
    text = printed + (trace.printed if trace is not None else "")
    if text.strip():
        with st.container(key="printed", gap="xsmall"):
            st.caption(session.text("Printed"))
            st.code(text, language=None, wrap_lines=True)


def _draw_take_away(session: Session, text: str) -> None:
    """Draw the buttons that save the code, and a file of tests for it."""
    t = session.text
    with st.container(horizontal=True, key="take_code"):
        st.download_button(
            t("Save as {file}", file=OWN_FILE), text, OWN_FILE, "text/x-python",
            key="save_code", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        experiment, trace = session.experiment, session.last_good
        card = session.own.cards.get(experiment.layer) if session.own is not None else None
        if card is None or trace is None or session.stale or experiment.then:
            return
        name = f"test_{OWN_FILE}"
        st.download_button(
            t("Save tests for it"), layer_test(experiment, card, trace), name, "text/x-python",
            key="save_tests", icon=":material/science:", on_click="ignore",
        )  # fmt: skip
