"""The reader's own code: what is typed becomes the experiment's code when the reader wants it to run."""

from __future__ import annotations

from explorer.experiment.starts import starts
from explorer.model.problem import Problem
from explorer.stage.editor import Typed
from explorer.views.session import Draft, Session
from explorer.views.work import open_code

KEY = "own_code"
"""Under this name a session keeps what is wrong with a text that could not be taken at all."""


def follow(session: Session) -> Draft:
    """What stands in the editor: the experiment's code, if it is another one than that which the reader types from.

    It came with a link, by undo, by a repair. On a first visit without any code it is the template, which will run.
    """
    code = session.experiment.code
    if session.draft is None:
        alone = session.experiment.model is None
        session.draft = Draft(code, of=code) if code else Draft(starts()[0].code, wanted=alone)
    elif code and code != session.draft.of and not session.draft.wanted:
        session.draft = Draft(code, session.draft.version + 1, code)
    return session.draft


def take(session: Session, draft: Draft) -> None:
    """Make the draft the experiment's code, if the reader wants it to run.

    The experiment stays as it is, if the text still defines its layer; else it is about the layer that the text defines
    for use from outside. A text that defines none becomes its code all the same: what is wrong is told with the flow.
    One that could not be run at all (too many people run code, it took too long) is left in the editor, with the
    reason.
    """
    if not draft.wanted:
        return
    session.problems.pop(KEY, None)
    session.agree(draft.text)
    experiment = session.experiment
    try:
        experiment = experiment.change(code=draft.text)
        if experiment.model is None:  # else the code is that of the model's classes
            experiment = open_code(session, experiment)
    except Problem as problem:
        if experiment.code != draft.text or problem.where == "engine":
            draft.wanted, session.problems[KEY] = False, problem
            return
    draft.wanted, draft.of = False, draft.text  # only now: a run that is cut off while it waits leaves it to the next
    session.replace(experiment)


def typed(session: Session, text: Typed, run: bool) -> None:
    """The editor tells its text.

    Args:
        session: whose.
        text: the whole text. One that was typed on a text that has been replaced meanwhile is left alone.
        run: whether the reader wants it to run.
    """
    if session.draft is not None and text.version == session.draft.version:
        session.draft.text = text.text
        session.draft.wanted = session.draft.wanted or run


def want(session: Session) -> None:
    """The reader wants what stands in the editor to run."""
    if session.draft is not None:
        session.draft.wanted = True


def put(session: Session, text: str) -> None:
    """Put another text into the editor, and run it. The editor's own undo brings the old one back."""
    before = session.draft or Draft("")
    session.draft = Draft(text, before.version + 1, before.of, wanted=True)
