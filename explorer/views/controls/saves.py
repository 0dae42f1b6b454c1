"""The saves of the watched file: a slider through them, what each changed, and when a number first did."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

import streamlit as st

from explorer.analysis.difference import difference as compared
from explorer.i18n.translator import Translator
from explorer.model.dependence import cell_of_text
from explorer.model.trace import Tensor
from explorer.stage.flow_options import visible
from explorer.views.foreign_text import code, escape, table
from explorer.views.panels import difference
from explorer.views.session import Session
from explorer.views.watching import Number, following, last_good_before, numbers
from explorer.watching import Save
from explorer.watching.saves import first_changed_line, source_difference

COMPARE_KEY = "d"


def draw_saves(session: Session, file: str, every: Sequence[Save], shown: Save) -> None:
    """Draw the saves.

    Args:
        session: whose page.
        file: the file's name.
        every: the saves that are kept, the newest last.
        shown: the one that the page shows.
    """
    t = session.text
    with st.container(key="saves", gap="small"):
        st.markdown(f"**{escape(file)}** · {escape(_state(t, every, shown))}")
        if len(every) > 1:
            _draw_slider(session, every, shown)
        with st.container(horizontal=True, key="saves_row"):
            st.button(
                t("Compare with the last good save"),
                key="compare_saves",
                shortcut=COMPARE_KEY,
                disabled=shown is every[0],
                on_click=partial(_compare, session),
            )
            if shown is not every[-1]:
                st.button(t("To the newest save"), key="newest_save", type="primary", on_click=partial(_go, None))
        if session.look.panel == "difference" and difference.asked("save"):
            _draw_difference(session)
        _draw_first_changed(session, every)
        if (changed := source_difference(*_two(every, shown))) and shown is not every[0]:
            with st.expander(t("What this save changed in the source")):
                st.code(changed, language="diff", wrap_lines=True)


def _state(t: Translator, every: Sequence[Save], shown: Save) -> str:
    """Which save it is, and the first line that it changed."""
    if shown is every[-1]:
        told = t("the newest save, from {time}", time=f"{shown.at:%H:%M:%S}")
    else:
        told = t("an earlier save, from {time}; newer ones are not followed", time=f"{shown.at:%H:%M:%S}")
    line = first_changed_line(*_two(every, shown))
    return f"{told} · {t('line {line}', line=line)}" if line else told


def _two(every: Sequence[Save], shown: Save) -> tuple[str, str]:
    """The text of the save before one, and its own."""
    at = every.index(shown)
    return every[max(0, at - 1)].code, shown.code


def _draw_slider(session: Session, every: Sequence[Save], shown: Save) -> None:
    """Draw the slider: another one for each new save and each save that a button chose. So it is never given a value
    while a page that has not got that yet still tells the old one, which would be taken for the reader's choice.
    """
    t = session.text
    key = f"save_{every[-1].number}_{following().moves}"

    def choose() -> None:
        chosen = st.session_state[key]
        following().at = None if chosen == every[-1].number else chosen

    with st.container(key="save"):
        st.select_slider(
            t("Save"),
            [save.number for save in every],
            shown.number,
            key=key,
            on_change=choose,
            label_visibility="collapsed",
        )


def _go(number: int | None) -> None:
    page = following()
    page.at, page.moves = number, page.moves + 1


def _draw_difference(session: Session) -> None:
    """Draw in words what differs from the last good save; the panel below the flow has the pictures."""
    trace, good = session.last_good, last_good_before(session)
    if trace is not None and good is not None and not session.stale:
        t, (save, other) = session.text, good
        st.markdown(escape(t("Beside save {number}:", number=save.number)))
        difference.draw_summary(t, compared(trace, other))


def _compare(session: Session) -> None:
    """Open the comparison below the flow, with the question about the last good save."""
    difference.ask("save")
    session.see(panel="difference")


# ------------------------------------------------------------------------------------------------ one number
@st.fragment
def _draw_first_changed(session: Session, every: Sequence[Save]) -> None:
    """Draw the question when the touched number changed, and its answer. A fragment: the page is not drawn again."""
    t, page = session.text, following()
    if page.at not in (None, page.shown):
        st.rerun(scope="app")  # its own button has chosen a save
    if len(every) < 2:
        return
    if st.button(t("When did the touched number change?"), key="first_changed"):
        page.found = _found(session, every)
        if page.found is None:
            st.caption(t("Touch a number in the flow first."))
    if page.found is not None:
        _draw_answer(session, *page.found)


def _found(session: Session, every: Sequence[Save]) -> tuple[str, tuple[Number, ...]] | None:
    """The touched cell's name, and what it held at each save, told how far that is; None if none is touched."""
    t, touched = session.text, _touched(session)
    if touched is None:
        return None
    tensor, index = touched
    bar, found = st.progress(0.0), list[Number]()
    for number in numbers(session, tensor, index, every):
        found.append(number)
        bar.progress(len(found) / len(every), text=t("Save {number} of {count}", number=len(found), count=len(every)))
    bar.empty()
    return f"{tensor.name}[{', '.join(map(str, index))}]", tuple(found)


def _touched(session: Session) -> tuple[Tensor, tuple[int, ...]] | None:
    cell, trace = cell_of_text(session.look.cell), session.failed or session.last_good
    tensor = next((one for one in visible(trace) if cell and one.id == cell[0]), None) if trace is not None else None
    return (tensor, cell[1]) if tensor is not None and cell is not None else None


def _draw_answer(session: Session, cell: str, found: Sequence[Number]) -> None:
    """Draw the saves at which the number became another one, the first of them with a way to it."""
    t = session.text
    known = [number for number in found if number.text]
    turns = [now for before, now in itertools.pairwise(known) if before.text != now.text]
    if not known:
        st.caption(t("No save that is kept has this number."))
        return
    if not turns:
        st.caption(t("{name} is {value} in every save that runs.", name=f"`{code(cell)}`", value=escape(known[0].text)))
        return
    number = turns[0].save.number
    st.markdown(
        t(
            "{name} was {old} and first changed with save {number}: {new}.",
            name=f"`{code(cell)}`",
            old=escape(known[0].text),
            number=escape(number),
            new=escape(turns[0].text),
        )
    )
    if len(turns) > 1:
        saves = [f"{one.save.number} · {one.save.at:%H:%M:%S}" for one in turns]
        table({t("Save"): saves, t("Number"): [one.text for one in turns]})
    label = t("Go to save {number}", number=number)
    st.button(escape(label), key="go_first", on_click=partial(_go, number), disabled=number == following().shown)
