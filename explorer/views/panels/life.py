"""The life of the layer: what ran and when, what existed then, and the same call in three ways."""

from __future__ import annotations

import streamlit as st

from explorer.experiment.model_file import is_of_model
from explorer.i18n.translator import Translator
from explorer.model.lifecycle import Excerpt, Life, Moment, Ran, State, Way, WeightFact
from explorer.model.problem import Problem
from explorer.views import panel
from explorer.views.foreign_text import code, escape, marked, table
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.work import life_of

LONG = 40
"""A source of more lines waits behind a switch."""
FIRST = "build"
"""The moment that is open until another one is chosen."""


def show(scene: Scene) -> None:
    """Draw the moments, one of them open, and the three ways."""
    with st.container(key="life_panel"):
        _draw(scene)


@st.fragment
def _draw(scene: Scene) -> None:
    t, session = scene.t, scene.session
    if is_of_model(scene.card.id):
        st.info(t("This layer was made and trained elsewhere. Its file tells what it became, not how it came to that."))
        return
    try:
        life = life_of(session, session.experiment)
    except Problem as problem:
        show_problem(session, problem, "life", quiet=True)  # its fixes are above, beside the picture
        return
    st.markdown(
        t(
            "A layer lives in moments. Each one below was lived just now, by a layer with these parameters on this "
            "input; open it to see what ran, what existed then, and the source."
        )
    )
    if session.experiment.then:
        st.caption(t("This is the life of the chain's first layer."))
    opened = session.look.call if session.look.call in {moment.id for moment in life.moments} else _first(life)
    for number, moment in enumerate(life.moments, 1):
        with st.expander(
            _label(t, number, moment),
            expanded=moment.id == opened,
            on_change="rerun",
            key=f"life_{scene.card.id}_{moment.id}_{t.language}",
        ) as body:
            if body.open:
                draw_moment(scene, moment)
    if life.ways:
        _draw_ways(t, life.ways)


def _first(life: Life) -> str:
    applying = [moment.id for moment in life.moments if moment.absent is None]
    return FIRST if FIRST in applying else next(iter(applying), "")


def _label(t: Translator, number: int, moment: Moment) -> str:
    title = f"**{number:d} · {escape(t.message(moment.title))}**"
    if moment.absent is not None:
        return f"{title}  :gray-badge[{t('does not apply')}]"
    if moment.problem is not None:
        return f"{title}  :orange-badge[:material/block: {t('refused')}]"
    return f"{title}  :gray[{_milliseconds(moment.milliseconds)}]"


def draw_moment(scene: Scene, moment: Moment) -> None:
    """Draw one moment: the lesson, what ran, what came of it, the layer's state, and the source."""
    t = scene.t
    if moment.absent is not None:
        st.markdown(escape(t.message(moment.absent)))
        return
    st.markdown(marked(t.message(moment.lesson)))
    if moment.code:
        st.code(moment.code, wrap_lines=True)
    if moment.problem is not None:
        show_problem(scene.session, moment.problem, f"life_{moment.id}")
    if moment.facts:
        st.markdown("\n".join(f"- {escape(t.message(what))}: `{code(text)}`" for what, text in moment.facts))
    if moment.ran:
        st.caption(t("What ran, in this order; what is indented ran inside the line above it."))
        st.code(ran_text(moment.ran, t), language=None, wrap_lines=True)
    if moment.state is not None:
        draw_state(t, moment.state)
    for excerpt in moment.sources:
        draw_source(t, excerpt, f"{scene.card.id}_{moment.id}")


def ran_text(ran: tuple[Ran, ...], t: Translator) -> str:
    """What ran, one line each, with its milliseconds; equal neighbours are counted."""
    lines: list[tuple[str, float, int]] = []
    held: Ran | None = None
    for event in ran:
        same = held is not None and (held.function, held.given, held.depth) == (
            event.function,
            event.given,
            event.depth,
        )
        if same:
            text, milliseconds, count = lines[-1]
            lines[-1] = (text, milliseconds + event.milliseconds, count + 1)
            continue
        held = event
        mark = f"  [{t('symbolic')}]" if event.symbolic else ""
        lines.append((f"{'  ' * event.depth}{event.function}({event.given}){mark}", event.milliseconds, 1))
    shown = [(f"{text}  × {count}" if count > 1 else text, milliseconds) for text, milliseconds, count in lines]
    width = min(96, max((len(text) for text, _ in shown), default=0))
    return "\n".join(f"{text:<{width}}  {milliseconds:8.2f} ms" for text, milliseconds in shown)


def draw_state(t: Translator, state: State) -> None:
    """Draw what the layer is at a moment: built, trainable, its weights and why they have their shapes."""
    yes, no = t("yes"), t("no")
    st.markdown(
        t(
            "built: **{built}** · trainable: **{trainable}** · weights: **{weights}** · parameters: **{parameters}**",
            built=yes if state.built else no,
            trainable=yes if state.trainable else no,
            weights=len(state.weights),
            parameters=f"{state.parameters:,}",
        )
    )
    if not state.weights:
        return
    told = {
        t("weight"): [weight.name for weight in state.weights],
        t("shape"): [str(weight.shape) for weight in state.weights],
        t("dtype"): [weight.dtype for weight in state.weights],
        t("trainable"): [yes if weight.trainable else no for weight in state.weights],
        t("initializer"): [weight.initializer or "–" for weight in state.weights],
        t("born in line"): [str(weight.line) if weight.line else "–" for weight in state.weights],
    }
    table(told)
    if any(weight.reasons for weight in state.weights):
        st.caption(
            t(
                "Why these shapes: found by building the layer again with one size of the input, or one parameter, "
                "changed."
            )
        )
        st.markdown("\n".join(_reasons(t, weight) for weight in state.weights if weight.reasons))


def _reasons(t: Translator, weight: WeightFact) -> str:
    lines = [f"- `{code(weight.name)}` `{code(weight.shape)}`"]
    return "\n".join([*lines, *(f"  - {escape(t.message(reason))}" for reason in weight.reasons)])


def draw_source(t: Translator, excerpt: Excerpt, key: str) -> None:
    """Draw a method's source with where it stands; a long one on demand."""
    where = t("{file}, line {line}", file=excerpt.file, line=excerpt.first_line)
    st.markdown(f"`{code(excerpt.name)}` · {escape(where)}")
    lines = excerpt.text.count("\n")
    if lines > LONG and not st.toggle(
        t("Show all {lines} lines", lines=f"{lines:,}"), key=f"source_{key}_{excerpt.name}"
    ):
        return
    st.code(excerpt.text, wrap_lines=True)


def _draw_ways(t: Translator, ways: tuple[Way, ...]) -> None:
    st.markdown(f"**{t('Eager, symbolic, compiled')}**")
    st.caption(
        t(
            "The same call from the same seed. Eager computes line by line; symbolic computes shapes only; compiled "
            "(tf.function) records the operations at its first call and repeats them after it."
        )
    )
    table(
        {
            "": [t.message(way.title) for way in ways],
            t("code"): [way.code for way in ways],
            t("output shape"): [", ".join(way.shapes) or "–" for way in ways],
            t("dtype"): [", ".join(way.dtypes) or "–" for way in ways],
            t("largest difference from eager"): [_difference(t, way) for way in ways],
            t("first call"): [_milliseconds(way.first) for way in ways],
            t("later calls (median)"): [_milliseconds(way.again) for way in ways],
        }
    )
    for way in ways:
        if way.problem is not None:
            what = escape(t.message(way.problem.what))
            st.markdown(f"**{escape(t.message(way.title))}** — {what}  \n`{code(way.problem.detail[:400])}`")


def _difference(t: Translator, way: Way) -> str:
    if way.problem is not None:
        return t("refused")
    return t("no numbers") if way.difference is None else f"{way.difference:.6g}"


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} ms"


panel("life", "Life", show, group="understand", order=20)
