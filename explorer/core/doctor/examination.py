"""Examine a layer: make every check; one that breaks ends no other."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import keras

from explorer.core.arrays import as_tensor
from explorer.core.doctor.blame import is_keras, raised_by
from explorer.core.doctor.curing.proposing import is_curable
from explorer.core.doctor.findings import told as explained
from explorer.core.doctor.isolation import SEED, reseed, undisturbed
from explorer.core.doctor.other_backend import require
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.read_only import read_only_properties
from explorer.core.doctor.registry import HUNT, Check, NotApplicable, Verdict, chosen, failed, refuse_unknown
from explorer.core.plain import plain
from explorer.model.machine import machine_fault
from explorer.model.report import OUTCOMES, Finding, Report
from explorer.model.trace import Message

Progress = Callable[[float, str], None]
SoFar = Callable[[Report], None]

HUNT_SECONDS = 5.0
"""After so much computing no further hunt for counterexamples is begun."""


class Cancelled(Exception):
    """Raise it in `report` to end an examination."""


def examine(
    layer: Any,
    inputs: Sequence[Any],
    call_keywords: Mapping[str, Any] | None = None,
    report: Progress | None = None,
    *,
    seconds: float | None = None,
    so_far: SoFar | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    seed: int = SEED,
    backend: str = "",
) -> Report:
    """Make every check of the doctor on a layer.

    The layer, the random generators and Keras's names stay as they are; so do the defaults of its constructor, but for
    what a function that makes it changes in its first call.

    Args:
        layer: an instance, built or not; or a class or function that makes one when it is called without arguments,
            so that a constructor that fails is a finding, too.
        inputs: the positional arguments of the call, as a list: `[x]`, `[a, b]`, `[[a, b]]` for `Add`.
            Arrays or tensors, batch axis first.
        call_keywords: keyword arguments of the call.
        report: is told before each check how much is done (0 to 1) and what comes next. What it raises ends the
            examination.
        seconds: after so many seconds no further check is begun.
        so_far: is given before each check the report as it would be if that check never ended. Whoever can end the
            process of an endless check has this report.
        select: ids of checks; with any, only these are made, and those that they come after.
        ignore: ids of checks: what they find wrong is told as "ignored", as where the layer's source says so
            (`explorer.core.doctor.ignoring`).
        seed: of the random numbers that the layer and the checks draw.
        backend: another backend of Keras ("jax"), on which the layer is run, too, in a process of its own. That takes
            seconds; the class must stand in a module that the process can import.
    Returns:
        The report: a finding for every check.
    Raises:
        ImportError: if the backend is not installed.
        KeyError: if there is no check of a selected or an ignored id.
        ValueError: if the backend is none that a layer can be run on.
        TypeError: if `layer` is neither a layer nor something to call.
    """
    given = layer if isinstance(layer, keras.layers.Layer) or _looks_like_one(layer) else None
    if given is None and not callable(layer):
        raise TypeError(f"Expected a layer, or what makes one. Received: {type(layer).__name__}")
    began = time.perf_counter()
    described = _described(inputs, call_keywords)
    refuse_unknown(ignore)
    if backend:
        require(backend)
    with undisturbed(seed), read_only_properties(), contextlib.ExitStack() as after:
        patient = Patient(given, layer if given is None else None, inputs, call_keywords, backend or "jax")
        after.callback(patient.put_defaults_back)
        findings: list[Finding] = []
        stopped = None
        hunted = 0.0
        every = chosen(select, backend)

        def told() -> tuple[Finding, ...]:  # "ignored" is told, but the checks that follow need the outcome itself
            return tuple(_weighed(finding, patient, ignore) for finding in findings)

        for number, check in enumerate(every):
            if seconds is not None and time.perf_counter() - began > seconds:
                stopped = Message(
                    "After {seconds} seconds {left} checks were left out.",
                    {"seconds": f"{seconds:g}", "left": len(every) - number},
                )
                break
            if report is not None:
                report(number / len(every), check.title.msgid)
            if so_far is not None:
                cut = Message(
                    "It was stopped in the check “{title}”. Checks left out: {left}.",
                    {"title": check.title, "left": len(every) - number},
                )
                so_far(Report(_name(patient), described, told(), time.perf_counter() - began, cut))
            if check.stage == HUNT and hunted > HUNT_SECONDS:
                what = Message("Left out: the hunt took its {seconds} seconds.", {"seconds": f"{HUNT_SECONDS:g}"})
                made = [_finding(check, Verdict("not applicable", what, remark="left out"))]
            else:
                started = time.thread_time()
                made = _findings(check, patient, findings)
                hunted += (time.thread_time() - started) if check.stage == HUNT else 0.0
            findings += made
            patient.outcomes[check.id] = min((f.outcome for f in made), key=OUTCOMES.index)
        counted = told()
    if report is not None:
        report(1.0, "")
    return Report(_name(patient), described, counted, time.perf_counter() - began, stopped)


def _looks_like_one(layer: Any) -> bool:
    return any(base.__module__.startswith("keras.") for base in type(layer).__mro__) and not isinstance(layer, type)


def _findings(check: Check, patient: Patient, before: Sequence[Finding]) -> list[Finding]:
    ill = _cause(check, patient, before)
    if ill is not None:
        patient.waiting[check.id] = ill
        what = Message("Not tried: “{title}” comes first.", {"title": ill.title})
        return [dataclasses.replace(_finding(check, Verdict("not applicable", what)), waits_for=ill.check)]
    try:
        reseed()
        verdicts = check.function(patient)
    except NotApplicable as reason:
        verdicts = Verdict("not applicable", reason.why, remark=reason.remark)
    except (Exception, SystemExit) as error:  # a layer that ends the program is at fault; it does not end the report
        verdicts = _broken_off(error, patient)
    return [_finding(check, verdict) for verdict in (verdicts if isinstance(verdicts, list) else [verdicts])]


def _broken_off(error: BaseException, patient: Patient) -> Verdict:
    """What an exception that ended a check says: of the machine, of the layer, or of the check."""
    detail = plain(f"{type(error).__name__}: {error}")[:2000]
    fault = machine_fault(error)
    if fault is not None:
        return Verdict("broken", fault, detail=detail)
    if raised_by(error, patient.known):
        return failed(**explained(error, patient.known))
    return Verdict(
        "broken", Message("The check itself broke: {error}.", {"error": type(error).__name__}), detail=detail
    )


def _weighed(finding: Finding, patient: Patient, ignore: Collection[str]) -> Finding:
    """A finding; one of something wrong that is not to be counted is "ignored", with the author's reason.

    What broke or was left undecided tells nothing of the layer, and cannot be ignored.
    """
    if finding.outcome not in ("failed", "advice"):
        return finding
    reason = next((one.reason for one in patient.directives if one.covers(finding)), "")
    if reason or finding.check in ignore:
        return dataclasses.replace(finding, outcome="ignored", reason=reason)
    return dataclasses.replace(finding, curable=not is_keras(patient.known) and is_curable(finding))


def _cause(check: Check, patient: Patient, before: Sequence[Finding]) -> Finding | None:
    """The finding to fix before this check can tell anything new: of a check that it follows, at any distance."""
    ill = next((f for f in before if f.check in check.after and f.outcome in ("failed", "broken")), None)
    return ill or next((patient.waiting[name] for name in check.after if name in patient.waiting), None)


def _finding(check: Check, verdict: Verdict) -> Finding:
    return Finding(
        check.id, verdict.outcome, check.title, check.tried, check.expected, verdict.seen, check.why,
        verdict.mistake, verdict.place, verdict.fix, verdict.detail, verdict.counterexample, remark=verdict.remark,
    )  # fmt: skip


def _name(patient: Patient) -> str:
    """The class's name as far as it is known by now: nothing is made for it."""
    made = patient.given if patient.given is not None else vars(patient).get("made")
    if made is not None:
        return type(made).__name__
    make = patient.make.func if isinstance(patient.make, functools.partial) else patient.make
    return str(getattr(make, "__name__", "") or type(make).__name__)


def _described(inputs: Sequence[Any], keywords: Mapping[str, Any] | None) -> tuple[str, ...]:
    found = []
    for leaf in keras.tree.flatten([list(inputs), dict(keywords or {})]):
        value = as_tensor(leaf) if hasattr(leaf, "shape") else leaf
        known = hasattr(value, "shape") and hasattr(value, "dtype")
        found.append(f"{tf_name(value.dtype)} {tuple(value.shape)}" if known else repr(leaf)[:40])
    return tuple(found)


def tf_name(dtype: Any) -> str:
    """TensorFlow's name of a dtype."""
    return str(getattr(dtype, "name", dtype))
