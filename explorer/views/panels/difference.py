"""What if? The same layer with one thing changed, and each tensor that comes out differently."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import streamlit as st

from explorer.analysis.difference import Difference, Pair, difference
from explorer.experiment import Experiment
from explorer.i18n.translator import Translator
from explorer.model.problem import Problem
from explorer.model.trace import Frame, Role, Tensor, Trace
from explorer.views import panel
from explorer.views.foreign_text import code, escape
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.tensors import draw_tensors
from explorer.views.watching import at_save, last_good_before
from explorer.views.work import trace_of

QUESTIONS = {
    "training_on": "Training on",
    "training_off": "Training off",
    "mask": "The last steps masked",
    "no_mask": "No mask",
    "seed": "Another seed",
    "before": "Before the last change",
    "save": "The last good save",
}
"""The questions, by what is changed and how."""
_KEPT = "what_if_kept"
_TRAINING = re.compile(r"\btraining\b")
_MASKED = {"kind": "last", "count": 2}


def show(scene: Scene) -> None:
    """Draw the choice, and the difference that it makes."""
    _draw(scene)


def ask(kind: str) -> None:
    """Open this question when the panel is drawn next."""
    st.session_state[_KEPT] = kind


def asked(kind: str) -> bool:
    """Whether this question was opened last."""
    return st.session_state.get(_KEPT) == kind


@st.fragment
def _draw(scene: Scene) -> None:
    """A fragment: another question reruns this alone, not the page."""
    t, session, trace = scene.t, scene.session, scene.trace
    if trace is None:
        return
    found = list(_others(scene, trace))
    questions = {kind: (t(QUESTIONS[title]), other) for kind, title, other in found}
    kept = st.session_state.get(_KEPT)  # the question stays when others appear, as after a first change
    opened = kept if kept in questions or session.stale else _first_that_differs(scene, trace, questions)
    if opened is None and not session.stale:
        tried = ", ".join(escape(words) for words, _ in questions.values())
        st.caption(t("Nothing differs, whichever was tried: {tried}.", tried=tried))
        return
    key = f"what_if_{'_'.join(title for _, title, _ in found)}"
    chosen = st.segmented_control(
        t("What if?"),
        list(questions),
        format_func=lambda kind: escape(questions[kind][0]),
        required=True,
        key=session.show(key, opened if opened in questions else next(iter(questions))),
        on_change=lambda: st.session_state.update({_KEPT: st.session_state[key]}),
    )
    if session.stale:
        st.caption(t("The picture is the last good one; there is nothing to compare with it."))
        return
    try:
        other = trace_of(session, questions[str(chosen)][1], "what if")
    except Problem as problem:
        show_problem(session, problem, "what_if")
        return
    made = difference(trace, other)
    draw_summary(t, made)
    st.caption(
        t(
            "Compared are inputs, masks, weights as they are before the call, the named values of the outermost call, "
            "and outputs."
        )
    )
    for pair in made.changed:
        _draw_pair(scene, pair)
    only: tuple[tuple[Role, Sequence[Tensor]], ...] = (("this", made.only_this), ("other", made.only_other))
    for role, tensors in only:
        if tensors:
            drawn = [_as(tensor, role) for tensor in tensors]
            draw_tensors(t, drawn, key=f"what_if_only_{role}")


def _first_that_differs(scene: Scene, trace: Trace, questions: Mapping[str, tuple[str, Experiment]]) -> str | None:
    """The first question whose answer is not what the screen shows, or is a problem; None if there is none."""
    for kind, (_, other) in questions.items():
        try:
            made = difference(trace, trace_of(scene.session, other, "what if"))
        except Problem:
            return kind
        if made.changed or made.only_this or made.only_other:
            return kind
    return None


def _others(scene: Scene, trace: Trace) -> Iterator[tuple[str, str, Experiment]]:
    """The questions that can be asked about this layer: what is changed, how, and the experiment that answers."""
    now = scene.experiment
    if not trace.frames or _mentions_training(trace.frames):
        yield "training", f"training_{'off' if now.training else 'on'}", now.change(training=not now.training)
    if scene.card.masks:
        masked = now.mask is not None
        yield "mask", "no_mask" if masked else "mask", now.change(mask=None if masked else _MASKED)
    yield "seed", "seed", now.change(seed=(now.seed + 1) % 2**31)
    if (good := last_good_before(scene.session)) is not None:
        yield "save", "save", at_save(now, good[0])
    before = scene.session.done[-1:]
    if before and (before[0].layer, _chain(before[0])) == (now.layer, _chain(now)):
        yield "before", "before", before[0]


def _chain(experiment: Experiment) -> list[str]:
    return [link.layer for link in experiment.then]


def _mentions_training(frames: Iterable[Frame]) -> bool:
    return any(_TRAINING.search(frame.source) or _mentions_training(frame.children) for frame in frames)


def draw_summary(t: Translator, found: Difference) -> None:
    """Draw what differs and what does not, in words."""
    st.markdown(_summary(t, found))


def _summary(t: Translator, found: Difference) -> str:
    """What differs and what does not, as a list in Markdown."""
    lines = []
    for pair in found.changed:
        if pair.difference is not None:
            lines.append(_changed(t, pair, pair.difference))
        elif pair.this.value.shape != pair.other.value.shape or pair.this.dtype != pair.other.dtype:
            this, other = (f"{tensor.value.shape} {tensor.dtype}" for tensor in (pair.this, pair.other))
            lines.append(
                t("{name}: {this} on the screen, {other} in the other.", name=_code(pair.this), this=this, other=other)
            )
        else:
            lines.append(t("{name}: other texts.", name=_code(pair.this)))
    lines += [t("{name}: only on the screen.", name=_code(tensor)) for tensor in found.only_this]
    lines += [t("{name}: only in the other.", name=_code(tensor)) for tensor in found.only_other]
    if found.same:
        names = ", ".join(dict.fromkeys(map(_code, found.same)))  # a local often has the name of its weight
        lines.append(t("The same in both, bit for bit: {names}.", names=names))
    if not found.changed and not found.only_this and not found.only_other:
        lines.insert(0, f"**{t('Nothing differs.')}**")
    return "\n".join(f"- {line}" for line in lines)


def _changed(t: Translator, pair: Pair, made: Tensor) -> str:
    """How many cells differ, and by how much at most."""
    finite = made.value[np.isfinite(made.value)]
    largest = finite[np.argmax(np.abs(finite))] if finite.size else np.float64("nan")
    count = int(((made.value != 0) | np.isnan(made.value)).sum())
    name, cells = _code(pair.this), f"{made.value.size:,}"
    if count == 0:
        return t("{name}: equal numbers, but for the sign of zero.", name=name)
    return t(
        "{name}: {count} of {cells} cells differ, largest {largest}.",
        name=name,
        count=f"{count:,}",
        cells=cells,
        largest=f"{largest:+.6g}",
    )


def _code(tensor: Tensor) -> str:
    return f"`{code(tensor.name)}`"


def _draw_pair(scene: Scene, pair: Pair) -> None:
    """Three pictures side by side; the first two share a scale, the difference has its own."""
    tensors = [_as(pair.this, "this"), _as(pair.other, "other")]
    if pair.difference is not None:
        tensors.append(_as(pair.difference, "difference"))
    words = {"scale.shared": scene.t("one scale for both")}
    draw_tensors(scene.t, tensors, key=f"what_if_{pair.this.id}", words=words, options={"scale": "shared"})


def _as(tensor: Tensor, role: Role) -> Tensor:
    return dataclasses.replace(tensor, id=f"{role}:{tensor.id}", role=role, help="", trainable=None, initializer="")


panel(
    "difference",
    "What if?",
    show,
    group="closer",
    order=8,
    fits=lambda scene: scene.trace is not None and not scene.card.symbolic,
)
