"""The watched file on a visitor's page: which save is shown, and what became of the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import streamlit as st

from explorer.engine.pool.client import is_watched
from explorer.experiment import Experiment
from explorer.model.dependence import cell_of_text, cell_text
from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace
from explorer.stage.flow_options import visible
from explorer.views.own_code import KEY
from explorer.views.session import Draft, Session
from explorer.views.work import open_code, trace_of
from explorer.watching import Save, watcher

LANE = "time machine"
"""The lane of the runs of saves that the page does not show."""
_KEY = "following"


@dataclasses.dataclass(eq=False)
class Following:
    """What a page shows of the saves.

    Attributes:
        at: the number of the chosen save; None follows the newest one.
        shown: the number of the save whose text is the experiment's code.
        moves: counts the saves that a button chose.
        bad: the numbers of those that failed as this page ran them.
        found: a cell's name and what it held at each save, as last asked for.
    """

    at: int | None = None
    shown: int = 0
    moves: int = 0
    bad: set[int] = dataclasses.field(default_factory=set)
    found: tuple[str, tuple[Number, ...]] | None = None


def following() -> Following:
    """What this visitor's page shows of the saves."""
    found: Following = st.session_state.setdefault(_KEY, Following())
    return found


def saves() -> tuple[Save, ...]:
    """The saves that are kept, the newest last."""
    watched = watcher()
    return watched.saves if watched is not None else ()


def take(session: Session, every: Sequence[Save]) -> Save:
    """Make the text of the chosen save, or of the newest one, the experiment's code; gives that save.

    All else stays: inputs, parameters, the touched cell. A save is no change of the reader's, so undo skips it; what
    was shown instead of the file is one undo away.
    """
    page, shown = following(), session.experiment
    save = next((one for one in every if one.number == page.at), None)
    if save is None:
        page.at, save = None, every[-1]
    page.shown = save.number
    code = save.code
    if shown.code == code and session.draft is not None and session.draft.of == code:
        return save
    if not is_watched(shown.code) and shown != Experiment():
        session.replace(shown.change(code=code))
    session.agree(code)  # who may press save here owns this computer
    session.problems.pop(KEY, None)
    before = session.last_good
    session.experiment = session.experiment.change(code=code)
    try:
        session.experiment = open_code(session, session.experiment)
    except Problem:
        page.bad.add(save.number)  # what is wrong is told with the flow
    else:
        if before is not None and session.ran is not None:
            _keep_touched(session, before, session.ran[1])
    session.draft = Draft(code, session.draft.version + 1 if session.draft else 0, code)
    return save


def told(session: Session) -> None:
    """The page has run the save that it shows: remember whether it failed."""
    page = following()
    (page.bad.add if session.stale else page.bad.discard)(page.shown)


def _keep_touched(session: Session, before: Trace, now: Trace) -> None:
    """Let the touched cell stay in the tensor of the same name: a new line gives later steps other ids."""
    cell = cell_of_text(session.look.cell)
    old = next((one for one in visible(before) if cell is not None and one.id == cell[0]), None)
    if cell is not None and old is not None and (new := same_tensor(old, now)) is not None and new.id != old.id:
        session.see(cell=cell_text(new.id, cell[1]))


def same_tensor(tensor: Tensor, trace: Trace) -> Tensor | None:
    """The tensor of another run that is the same one: of that role and name, else of that id; None if there is none."""
    found = visible(trace)
    named = [one for one in found if (one.role, one.name) == (tensor.role, tensor.name)]
    return next(iter(named), None) or next((one for one in found if one.id == tensor.id), None)


def at_save(experiment: Experiment, save: Save) -> Experiment:
    """The experiment as it would be with a save's text."""
    return experiment.change(code=save.code)


def last_good_before(session: Session) -> tuple[Save, Trace] | None:
    """The last save before the shown one that runs, and what it gave; None if there is none, or no file is watched."""
    page, every = following(), saves()
    if not any((one.number, one.code) == (page.shown, session.experiment.code) for one in every):
        return None
    for save in reversed([one for one in every if one.number < page.shown]):
        if save.number in page.bad or save.code == session.experiment.code:
            continue
        session.agree(save.code)
        try:
            return save, trace_of(session, at_save(session.experiment, save), LANE)
        except Problem:
            page.bad.add(save.number)
    return None


@dataclasses.dataclass(frozen=True)
class Number:
    """What a cell held at a save.

    Attributes:
        save: which.
        text: the number; "" if the save fails or has no such cell.
    """

    save: Save
    text: str


def numbers(session: Session, tensor: Tensor, index: tuple[int, ...], every: Sequence[Save]) -> Iterator[Number]:
    """What a cell held at each save, in their order. Those that this server did not run lately are run."""
    for save in every:
        session.agree(save.code)
        try:
            found = same_tensor(tensor, trace_of(session, at_save(session.experiment, save), LANE))
        except Problem:
            found = None
        inside = found is not None and len(index) == found.value.ndim
        inside = inside and all(at < size for at, size in zip(index, found.value.shape, strict=True))  # type: ignore[union-attr]
        yield Number(save, _text(found, index) if found is not None and inside else "")


def _text(tensor: Tensor, index: tuple[int, ...]) -> str:
    value = tensor.value[index]
    return f"{value:.9g}" if tensor.value.dtype.kind == "f" else str(value)
