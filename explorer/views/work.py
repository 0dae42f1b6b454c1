"""Ask the engine from a script run: wait without holding up the visitor's next click."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from explorer.engine import codec
from explorer.engine.job import Job, Progress, Reply
from explorer.engine.pool.client import Cancelled, Engine, Future, engine, engine_for
from explorer.experiment import Experiment
from explorer.experiment.experiment import OWN
from explorer.experiment.fitting import about_own
from explorer.experiment.model_file import WHOLE, is_of_model
from explorer.experiment.recipes import default_recipe
from explorer.i18n.translator import Translator
from explorer.model.answers import Compared, KerasClasses, Opened, OpenedModel, Upload
from explorer.model.cure import Search
from explorer.model.dependence import Trail
from explorer.model.lifecycle import Call, CallResult, Life
from explorer.model.problem import Problem
from explorer.model.report import Report
from explorer.model.tape import Tape
from explorer.model.trace import Check, Message, Trace
from explorer.model.training_step import TrainingStep
from explorer.settings import settings
from explorer.views.session import Session
from layers.card import Card

QUIET_SECONDS = 0.3
"""How long a job may take before the page says that it is waiting."""
POLL_SECONDS = 0.1
READING_SECONDS = 10.0
"""How long a worker may read an uploaded file."""
START_SECONDS = 180.0
"""How long a file waits for a worker; the first one may still be starting."""


def trace_of(session: Session, experiment: Experiment, lane: str = "") -> Trace:
    """The trace of an experiment.

    Args:
        session: who asks.
        experiment: what is run.
        lane: what else than the page's own picture it is for: it neither supersedes that run nor is superseded by it.
    Raises:
        Problem: if the experiment cannot be run.
    """
    _refuse_unreadable(session, experiment.code)
    if session.ran is not None and session.ran[0] == experiment:
        return session.ran[1]
    reply = ask(session, "run", {"experiment": experiment.to_json()}, needed(session, experiment), lane)
    trace = codec.unpack(Trace, reply.meta, reply.arrays)
    if not lane:
        session.ran = experiment, trace
    return trace


def trace_shown(session: Session, card: Card) -> Trace | None:
    """The trace that the page shows, the last good one if the experiment fails. Computed again if it was given up."""
    trace = session.last_good
    if trace is None and not session.stale:
        with contextlib.suppress(Problem):
            trace = trace_of(session, session.experiment)
            session.keep(trace, card.id)  # other pages may make the session give it up again at once
    return trace if session.last_good_layer == card.id else None


def tape_of(session: Session, experiment: Experiment) -> Tape:
    """The operations of an experiment's call, for the browser to run again.

    Raises:
        Problem: if the experiment cannot be run.
    """
    reply = ask(session, "tape", {"experiment": experiment.to_json()}, needed(session, experiment), "tape")
    return codec.unpack(Tape, reply.meta, reply.arrays)


def check_of(session: Session, experiment: Experiment) -> Check | None:
    """How far an experiment's outputs are from their NumPy derivation; None where there is none.

    Raises:
        Problem: if the experiment cannot be run.
    """
    reply = ask(session, "check", {"experiment": experiment.to_json()}, needed(session, experiment))
    return codec.unpack(Compared, reply.meta).check


def step_of(session: Session, experiment: Experiment) -> TrainingStep:
    """One training step of an experiment.

    Raises:
        Problem: if it cannot be taken.
    """
    reply = ask(session, "step", {"experiment": experiment.to_json()}, needed(session, experiment))
    return codec.unpack(TrainingStep, reply.meta, reply.arrays)


def trail_of(
    session: Session, experiment: Experiment, tensor_id: str, index: Sequence[int], way: str = "trail"
) -> Trail:
    """The trail of one cell.

    Args:
        session: who asks.
        experiment: what is run.
        tensor_id, index: the cell.
        way: "trail" (what it depends on now), "could_depend", or "downstream" (what it moves).
    Raises:
        Problem: if the experiment cannot be run or has no such cell.
    """
    args = {"experiment": experiment.to_json(), "tensor": tensor_id, "index": [int(place) for place in index]}
    reply = ask(session, way, args, needed(session, experiment))
    return codec.unpack(Trail, reply.meta, reply.arrays)


def life_of(session: Session, experiment: Experiment) -> Life:
    """The life of an experiment's layer.

    Raises:
        Problem: if the layer cannot be made.
    """
    reply = ask(session, "life", {"experiment": experiment.to_json()}, needed(session, experiment), "life")
    return codec.unpack(Life, reply.meta, reply.arrays)


def calls_of(session: Session, experiment: Experiment) -> tuple[Call, ...]:
    """The calls that can be run on an experiment's layer.

    Raises:
        Problem: if there is no such layer.
    """
    reply = ask(session, "calls", {"experiment": experiment.to_json()}, needed(session, experiment), "calls")
    return codec.unpack(tuple[Call, ...], reply.meta)


def call_of(session: Session, experiment: Experiment, call: str, given: Any = None) -> CallResult:
    """What one call gives on an experiment's layer.

    Args:
        session: who asks.
        experiment: whose layer it is.
        call: the call's id.
        given: what the reader gave it, as JSON.
    Raises:
        Problem: if it does not apply, or the layer cannot be made.
    """
    args = {"experiment": experiment.to_json(), "call": call, "given": given}
    reply = ask(session, "calls", args, needed(session, experiment), f"call {call}")
    return codec.unpack(CallResult, reply.meta, reply.arrays)


def report_of(
    session: Session, experiment: Experiment, meanwhile: Callable[[Progress, Report | None], None] | None = None
) -> Report:
    """What the doctor says about an experiment's layer.

    Args:
        session: who asks.
        experiment: whose layer it is.
        meanwhile: draws, again and again, how far the examination is, and what was found so far.
    Raises:
        Problem: if the layer cannot be made.
    """

    def draw(future: Future) -> None:
        if meanwhile is not None:
            reply = future.so_far
            meanwhile(future.progress, None if reply is None else codec.unpack(Report, reply.meta))

    args = {"experiment": experiment.to_json()}
    reply = ask(session, "examine", args, needed(session, experiment), "doctor", draw)
    return codec.unpack(Report, reply.meta)


CURE_SECONDS = 8.0
"""How long changes of a reader's code are tried: a run on it may not take much longer."""


def cure_of(session: Session, experiment: Experiment, check: str, number: int) -> Search:
    """What became of the search for a cure of one of the doctor's findings.

    Args:
        session: who asks.
        experiment: whose code is to be cured.
        check: the id of the finding's check.
        number: which of its findings that might be cured.
    Raises:
        Problem: if the layer cannot be made.
    """
    args = {"experiment": experiment.to_json(), "check": check, "number": number, "seconds": CURE_SECONDS}
    reply = ask(session, "cures", args, needed(session, experiment), "cure")
    return codec.unpack(Search, reply.meta)


def upload_of(session: Session, name: str, data: bytes) -> tuple[np.ndarray, str, tuple[Message, ...]]:
    """The array in an uploaded file, its hash, and what the reader should know about how it was read.

    Raises:
        Problem: if the file cannot be read.
    """
    reply = _read(session, "read_upload", {"name": name, "most": settings().uploads.file_mib << 20}, data)
    upload = codec.unpack(Upload, reply.meta, reply.arrays)
    return upload.array, upload.sha256, upload.notes


def experiment_of(session: Session, data: bytes) -> tuple[Experiment, dict[str, np.ndarray]]:
    """What an .experiment file holds.

    Raises:
        Problem: if the file cannot be read.
    """
    reply = _read(session, "read_experiment", {}, data)
    return Experiment.from_json(reply.meta["experiment"]), reply.arrays


def _read(session: Session, name: str, args: Mapping[str, Any], data: bytes) -> Reply:
    """Have a file read by a worker: its bytes are hostile. Waits without letting go, or the file would be lost."""
    job = Job(name, dict(args), {"data": np.frombuffer(data, "uint8")})
    return engine().submit(job, lane=f"{session.id} file", deadline=READING_SECONDS).result(START_SECONDS)


def needed(session: Session, experiment: Experiment) -> dict[str, np.ndarray]:
    """The uploaded arrays that an experiment names, its model file too, as far as this session has them."""
    model = experiment.model
    recipes = experiment.inputs if model is None else (*experiment.inputs, *model.inputs)
    names = {str(r.options.get("sha256", "")) for r in recipes if r.kind == "file"}
    names |= {model.sha256} if model is not None else set()
    return {name: session.attachments[name] for name in names if name in session.attachments}


def ask(
    session: Session,
    name: str,
    args: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray] | None = None,
    lane: str = "",
    meanwhile: Callable[[Future], None] | None = None,
) -> Reply:
    """Do a job and wait for it. The waiting lets go as soon as the visitor does something else.

    Args:
        session: who asks.
        name, args, arrays: the job.
        lane: what else than the page's own picture it is for.
        meanwhile: draws how far it is, once it has told that.
    Raises:
        Problem: if the job fails.
    """
    job = Job(name, _complete(session, args), dict(arrays or {}))
    asked = _engine_for(session, args)
    future = asked.submit(job, lane=f"{session.id} {lane}".strip())
    try:
        if not _finished(session, future, QUIET_SECONDS):
            _wait(session, asked, future, meanwhile)
        return _reply(future)
    finally:
        if not future.done():
            future.cancel()


def _wait(session: Session, asked: Engine, future: Future, meanwhile: Callable[[Future], None] | None) -> None:
    """Wait for a job to end, and say so."""
    notice = st.empty()
    try:
        while not _finished(session, future, POLL_SECONDS):
            notice.caption(_waiting(session.text, asked))  # each call lets a waiting rerun take over
            if meanwhile is not None and future.progress.text:
                meanwhile(future)
    finally:
        notice.empty()


def _reply(future: Future) -> Reply:
    """The reply of a job that has ended.

    Raises:
        Problem: if the job failed. One that a newer run of the page has superseded ends this run instead, which would
            take that for what is wrong with the job.
    """
    try:
        return future.result(0)
    except Cancelled:
        st.empty()  # whatever is drawn ends a run that is to stop
        raise


def head_start(session: Session) -> None:
    """Run the experiment before anything is drawn, so that all that is drawn goes to the browser in one go.

    Only for a visitor who has a picture already, and no longer than the page may stay quiet.
    """
    cards = _told_cards()
    if session.own is not None and session.own_of == session.experiment.code:
        cards |= session.own.cards
    if session.model is not None and model_is_open(session):
        cards |= {one.id: one.card for one in session.model.layers if one.card is not None}
    card = cards.get(session.experiment.layer)
    if session.last_good is None or card is None or any(link.layer not in cards for link in session.experiment.then):
        return
    session.fit(card, cards.__getitem__)
    if session.ran is not None and session.ran[0] == session.experiment:
        return
    arrays = needed(session, session.experiment)
    job = Job("run", _complete(session, {"experiment": session.experiment.to_json()}), arrays)
    with contextlib.suppress(Problem):
        future = _engine_for(session, job.args).submit(job, lane=session.id)
        _finished(session, future, QUIET_SECONDS)
        future.leave()  # what is drawn next asks for it again


def _complete(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a job, in an experiment on typed code with all inputs: each process would find its own ones."""
    part = args.get("experiment", {})
    if session.own is None or part.get("code") != session.own_of or part.get("layer") not in session.own.cards:
        return dict(args)
    card = session.own.cards[part["layer"]]
    usual = [default_recipe(one).to_json() for one in card.inputs]
    given = list(part.get("inputs", ()))
    return {**args, "experiment": {**part, "inputs": [*given, *usual[len(given) :]]}}


def _engine_for(session: Session, args: Mapping[str, Any]) -> Engine:
    """The engine that may do a job: code that was typed runs in one of its own.

    Raises:
        Problem: if it may not run here, or the reader has not said yet that it shall.
    """
    code = args.get("code") or args.get("experiment", {}).get("code", "")
    if not session.has_agreed(code):
        raise Problem("This code did not run yet: it waits for you to start it.", where="code")
    return engine_for(args)


def _finished(session: Session, future: Future, seconds: float) -> bool:
    with session.turn.waiting(), contextlib.suppress(TimeoutError, Problem):
        future.result(seconds)
    return future.done()


def _waiting(t: Translator, asked: Engine) -> str:
    if asked.state == "starting":
        return t("TensorFlow is starting …")
    return t("Computing …")


# ---------------------------------------------------------------------------------------------------- cards
_DERIVED: list[KerasClasses] = []
"""Keras's other classes, kept once a worker has told them."""


def known_cards(session: Session, wait: bool = False) -> dict[str, Card]:
    """Every card known by now: the catalogue at once, Keras's other classes as soon as a worker has told them."""
    if not _DERIVED and (wait or engine().ready):
        _DERIVED[:] = [codec.unpack(KerasClasses, ask(session, "cards", {}).meta)]
    return _told_cards()


def _told_cards() -> dict[str, Card]:
    import layers

    return {**layers.catalogue(), **(_DERIVED[0].cards if _DERIVED else {})}


def open_code(session: Session, experiment: Experiment) -> Experiment:
    """Have an experiment's code read and its layer run: the session knows both afterwards.

    Returns:
        The experiment as its code allows: about a layer that it defines.
    Raises:
        Problem: if the code cannot be read, or may not run.
    """
    try:
        reply = ask(session, "open_code", {"experiment": experiment.to_json()}, needed(session, experiment))
    except Problem as problem:
        if problem.where == "code" and session.has_agreed(experiment.code):
            session.unreadable = experiment.code, problem
        raise
    opened = codec.unpack(Opened, reply.meta, reply.arrays)
    session.own, session.own_of = opened.classes, experiment.code
    experiment = about_own(experiment, opened.classes)
    if opened.trace is not None and opened.layer == experiment.layer:
        session.ran = experiment, opened.trace
    return experiment


def own_card(session: Session, layer: str) -> Card:
    """The card of a layer that the experiment's code defines; the last good one while the code has a fault.

    Raises:
        Problem: if the code defines no such layer, or it cannot run.
    """
    experiment = session.experiment
    if session.own is None or session.own_of != experiment.code:
        try:
            _refuse_unreadable(session, experiment.code)
            open_code(session, experiment)
        except Problem:
            if session.own is None or layer not in session.own.cards or not session.has_agreed(experiment.code):
                raise
    assert session.own is not None
    return session.own.card(layer)


def _refuse_unreadable(session: Session, tried: str) -> None:
    """Say again what is wrong with a code or a model that has been tried: each try takes a process of its own.

    Raises:
        Problem: if it could not be read.
    """
    if tried and session.unreadable is not None and session.unreadable[0] == tried:
        raise session.unreadable[1]


def open_model(session: Session, experiment: Experiment) -> OpenedModel:
    """The layers of an experiment's model file, and what each gives; the session knows them afterwards.

    Raises:
        Problem: if the file is not here, or cannot be opened.
    """
    key = _model_key(experiment)
    if session.model is None or session.model_of != key:
        _refuse_unreadable(session, key)
        arrays = needed(session, experiment)
        try:
            reply = ask(session, "open_model", {"experiment": experiment.to_json()}, arrays, "model")
        except Problem as problem:
            if problem.where == "model" and experiment.model is not None and experiment.model.sha256 in arrays:
                session.unreadable = key, problem
            raise
        session.model, session.model_of = codec.unpack(OpenedModel, reply.meta, reply.arrays), key
    return session.model


def model_is_open(session: Session) -> bool:
    """Whether the layers of the experiment's model file are known."""
    return session.model is not None and session.model_of == _model_key(session.experiment)


def _model_key(experiment: Experiment) -> str:
    """What the layers of a model file depend on."""
    return Experiment(WHOLE, model=experiment.model, code=experiment.code, seed=experiment.seed).key


def _model_card(session: Session, layer: str) -> Card:
    if session.experiment.model is None:
        raise Problem("This layer is one of a model file, and no such file is open.", ".keras", layer[:80], "model")
    card = open_model(session, session.experiment).layer(layer).card
    assert card is not None
    return card


def closed_classes() -> dict[str, Message]:
    """Why some of Keras's classes cannot be opened, by name; empty until a worker has told."""
    return dict(_DERIVED[0].closed) if _DERIVED else {}


def card_of(session: Session, layer: str) -> Card:
    """The card of a layer. Waits for a worker if it is not one of the catalogue.

    Raises:
        Problem: if there is no such layer, with the nearest names.
    """
    import layers

    if layer in layers.catalogue():
        return layers.catalogue()[layer]
    if is_of_model(layer):
        return _model_card(session, layer)
    if layer.startswith(OWN):
        return own_card(session, layer)
    cards = known_cards(session, wait=True)
    layer = _DERIVED[0].aliases.get(layer, layer)
    if layer not in cards:
        ask(session, "source", {"layer": layer})  # raises the Problem that names the reason
    return cards[layer]
