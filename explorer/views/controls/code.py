"""The reader's own code: the editor, what is said about its lines, what to start from, and what to take away."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from functools import partial

import streamlit as st

import layers
from explorer.analysis.line_notes import line_notes
from explorer.engine.pool.client import own_code_refusal
from explorer.experiment.code_fixes import apply_fixes
from explorer.experiment.experiment import OWN_FILE
from explorer.experiment.own_files import files
from explorer.experiment.starts import Start, starts
from explorer.export.code_copies import copy_of
from explorer.export.layer_test import layer_test
from explorer.i18n.translator import Translator
from explorer.model.fix import Fix
from explorer.model.trace import Message
from explorer.stage import editor
from explorer.stage.editor import Editor, Mark, Note
from explorer.views.controls.model import draw_model_file
from explorer.views.foreign_text import code, escape, marked
from explorer.views.own_code import KEY, put, typed
from explorer.views.session import Session

_SHOWN = 120
"""So many characters of a change are shown before it is made."""


def draw_code(session: Session, read_only: bool = False) -> None:
    """Draw the editor and what belongs to it.

    Args:
        session: whose draft.
        read_only: whether the code can only be read: it is written elsewhere.
    """
    if not read_only:
        _draw_starts(session)
        draw_model_file(session)
    _draw_editor(session, read_only)
    if not read_only:
        _draw_changes(session, list(_changes(session)))
    _draw_printed(session)
    if not read_only:
        _draw_take_away(session)


@st.fragment
def _draw_editor(session: Session, read_only: bool) -> None:
    """Draw the editor. A pause in typing runs this alone; code that is wanted runs the page."""
    draft, ran = session.draft, _ran(session)
    if draft is None:
        return
    if draft.wanted and session.last_good is not None:
        st.rerun(scope="app")
    editor.draw(
        Editor(
            draft.text,
            draft.version,
            document=f"{KEY}_read" if read_only else KEY,
            of=ran,
            marks=list(_marks(session)) if ran is not None else (),
            notes=_notes(session, ran) if ran is not None else (),
            read_only=read_only,
            can_run=not read_only and own_code_refusal() is None,
            by_itself=not read_only and ran is not None,
            resumes=bool(session.experiment.code) or session.experiment.model is None,
        ),
        key="editor_read" if read_only else "editor",
        t=session.text,
        on_draft=partial(typed, session, run=False),
        on_run=partial(typed, session, run=True),
        on_select=lambda tensor: session.see(tensor=tensor),
    )


def _ran(session: Session) -> str | None:
    """The text that the reader typed from, if it ran; the marks and the notes are about it."""
    return session.draft.of if session.draft and session.draft.of and session.has_agreed(session.draft.of) else None


def _draw_starts(session: Session) -> None:
    """Draw the list of texts to start from; the chosen one is put into the editor and run."""
    t = session.text
    texts = {start.id: start.code for start in starts()} | _copies()
    names = {start.id: _name(t, start) for start in starts()}
    names |= {name: t("A copy of {layer}", layer=t(layers.catalogue()[name].title)) for name in _copies()}

    def choose() -> None:
        choice = st.session_state["start_from"]
        st.session_state["start_from"] = None
        if choice in texts:
            put(session, texts[choice])

    st.selectbox(
        t("Start from"),
        list(texts),
        index=None,
        format_func=names.__getitem__,
        key="start_from",
        placeholder=t("Start from a template, a mistake or a copy of a layer"),
        on_change=choose,
        label_visibility="collapsed",
    )


def _name(t: Translator, start: Start) -> str:
    title = t(start.title)
    return t("Mistake: {title}", title=title.rstrip(".")) if start.kind == "mistake" else title


@functools.cache
def _copies() -> dict[str, str]:
    """The code of each layer of ours that is a class."""
    found = {name: copy_of(name) for name in layers.catalogue()}
    return {name: code for name, code in found.items() if code is not None}


def _notes(session: Session, ran: str) -> list[Note]:
    trace = session.failed or session.last_good
    return [Note(line, tensors) for line, tensors in line_notes(trace, ran).items()] if trace is not None else []


def _marks(session: Session) -> Iterator[Mark]:
    """What is wrong with lines of the code: the last error, then what could be written better."""
    t, fault = session.text, session.fault
    if fault is not None and fault.place is not None and fault.place.file == OWN_FILE:
        yield Mark(fault.place.line, t.message(fault.what), "error")
    for finding in session.own.findings if session.own is not None else ():
        yield Mark(finding.line, t.message(finding.what), "error" if finding.severity == "error" else "warning")


def _changes(session: Session) -> Iterator[tuple[Message, Fix]]:
    """What could be written otherwise, and the changes: of code that fails those that may mend it."""
    if _ran(session) is None:
        return
    if session.fault is not None:
        yield from ((fix.what, fix) for fix in session.fault.fixes if fix.before)
    elif session.own is not None and session.own_of == _ran(session):
        yield from ((finding.what, finding.fix) for finding in session.own.findings if finding.fix is not None)


def _draw_changes(session: Session, changes: Sequence[tuple[Message, Fix]]) -> None:
    """Draw what could be written otherwise, each with the change that does it, to be taken by a press."""
    t = session.text
    for number, (what, fix) in enumerate(changes):
        with st.container(horizontal=True, vertical_alignment="center", key=f"finding_{number}"):
            line, after = t("Line {line}", line=fix.line), fix.after.strip() or "–"
            st.markdown(
                f":orange[**{escape(line)}**] {marked(t.message(what))}  \n`{code(_shortened(after))}`", width="stretch"
            )
            st.button(
                t("Change it"),
                key=f"fix_{number}",
                icon=":material/auto_fix_high:",
                on_click=partial(_apply, session, [fix]),
            )
    if len(changes) > 1:
        label = t("Make all {count} changes", count=len(changes))
        fixes = [fix for _, fix in changes]
        st.button(label, key="fix_all", type="primary", on_click=partial(_apply, session, fixes))


def _shortened(text: str) -> str:
    """The beginning of a text, as long as a line is."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _apply(session: Session, fixes: Sequence[Fix]) -> None:
    if session.draft is not None:
        put(session, apply_fixes(session.draft.text, fixes))


def _draw_printed(session: Session) -> None:
    """Draw what the code has printed: as it was read, and as the layer was built and called."""
    trace = session.failed or session.last_good
    if _ran(session) is None or trace is None or session.own is None:
        return
    text = f"{session.own.printed}\n{trace.printed}".strip()
    if text:
        with st.container(key="printed", gap="xsmall"):
            st.caption(session.text("Printed"))
            st.code(text, language=None, wrap_lines=True)


def _draw_take_away(session: Session) -> None:
    """Draw the buttons that save the code, and a file of tests for it."""
    t, text = session.text, session.draft.text if session.draft is not None else ""
    with st.container(horizontal=True, key="take_code"):
        for number, file in enumerate(files(text)):
            name = file.path or OWN_FILE
            st.download_button(
                escape(t("Save as {file}", file=name)),
                file.text,
                name,
                "text/x-python",
                key=f"save_code_{number}" if number else "save_code",
                icon=":material/download:",
                on_click="ignore",
            )
        experiment, trace = session.experiment, session.last_good
        card = session.own.cards.get(experiment.layer) if session.own is not None else None
        if card is None or trace is None or session.stale or experiment.then:
            return
        name = f"test_{OWN_FILE}"
        st.download_button(
            t("Save tests for it"),
            layer_test(experiment, card, trace),
            name,
            "text/x-python",
            key="save_tests",
            icon=":material/science:",
            on_click="ignore",
        )
