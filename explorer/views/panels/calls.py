"""The layer's API, live: every call that the documents name, run on this layer with its real result."""

from __future__ import annotations

import streamlit as st

from explorer.experiment import Edit
from explorer.experiment.weights_text import edits, read, written
from explorer.model.lifecycle import GROUPS, Call, CallResult
from explorer.model.problem import Problem
from explorer.model.trace import Tensor
from explorer.views import panel
from explorer.views.call_result import draw_result
from explorer.views.foreign_text import escape, marked
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.work import call_of, calls_of

_LINKED = "calls_linked"


def show(scene: Scene) -> None:
    """Draw the groups of calls, and the calls of the chosen group."""
    with st.container(key="calls_panel"):
        _draw(scene)


@st.fragment
def _draw(scene: Scene) -> None:
    t, session = scene.t, scene.session
    try:
        calls = {call.id: call for call in calls_of(session, session.experiment)}
    except Problem as problem:
        show_problem(session, problem, "calls", quiet=True)  # its fixes are above, beside the picture
        return
    linked = session.look.call if session.look.call in calls else ""
    groups = [group for group in GROUPS if any(call.group == group for call in calls.values())]
    if linked and st.session_state.get(_LINKED) != linked:  # a link to a call opens its group, once
        st.session_state[_LINKED], st.session_state["calls_group"] = linked, calls[linked].group
    chosen = st.segmented_control(
        t("Calls"),
        groups,
        format_func=lambda group: escape(t.message(GROUPS[group])),
        key="calls_group",
        required=True,
        default=None if "calls_group" in st.session_state else groups[0],
        label_visibility="collapsed",
    )
    st.markdown(
        t(
            "Each result is what the lines beside it gave just now. `layer` is a new layer like the one on the "
            "screen, with its weights; `unbuilt` is one that was never called; the inputs go by their names; "
            "`difference` is the largest |a - b|."
        )
    )
    if session.experiment.then:
        st.caption(t("The calls are about the chain's first layer; the table of masks follows the whole chain."))
    _draw_calls(scene, [call for call in calls.values() if call.group == chosen], calls, linked)


def _draw_calls(scene: Scene, own: list[Call], calls: dict[str, Call], linked: str) -> None:
    """Run the calls and draw them: the linked one first, what Keras refuses last, as far as the run shows it."""
    first, given, refused = st.container(), st.container(), st.container()
    for call in own:
        result = None
        with given:
            if call.absent is None and call.asks != "weights":
                result = _result(scene, call.id)
        is_refused = call.absent is not None or isinstance(result, Problem) or bool(result and result.error)
        with (
            first if call.id == linked else refused if is_refused else given,
            st.container(border=True, key=f"call_{call.id}"),
        ):
            _draw_call(scene, call, result, calls.get(call.modern))


def _draw_call(scene: Scene, call: Call, result: CallResult | Problem | None, modern: Call | None) -> None:
    t = scene.t
    lesson = t.message(call.lesson)
    st.markdown(f"**{escape(t.message(call.title))}**" + (f" :gray[— {escape(lesson)}]" if lesson else ""))
    if call.absent is not None:
        st.code(call.code)
        st.caption(marked(t.message(call.absent)))
    elif call.asks == "weights":
        _draw_weights(scene, call)
    elif result is not None:
        then, now = (t("Then"), t("The modern form")) if modern is not None else ("", "")
        _draw_lines(scene, call.code, result, call.id, then)
        if modern is not None:
            _draw_lines(scene, modern.code, _result(scene, modern.id), f"{call.id}_modern", now)


def _draw_lines(scene: Scene, code: str, result: CallResult | Problem, key: str, heading: str) -> None:
    """Lines, and what they gave beside them; a table or a drawing needs the whole width."""
    wide = isinstance(result, CallResult) and bool(result.table or result.graph or result.names)
    lines, given = (st.container(), st.container()) if wide else st.columns(2)
    with lines:
        if heading:
            st.caption(escape(heading))
        st.code(code, wrap_lines=True)
    with given:
        if isinstance(result, Problem):
            show_problem(scene.session, result, f"call_{key}")
        else:
            draw_result(scene.session, result, key)


def _result(scene: Scene, name: str) -> CallResult | Problem:
    try:
        return call_of(scene.session, scene.session.experiment, name)
    except Problem as problem:
        return problem


def _draw_weights(scene: Scene, call: Call) -> None:
    """The editor of set_weights: the arrays as text, applied on a click."""
    t, session = scene.t, scene.session
    weights = _own_weights(scene)
    text = written(weights)
    st.code(call.code, wrap_lines=True)
    if not text:
        st.caption(t("These weights are too many numbers to be written out here."))
        return
    key = f"given_{session.experiment.key[:16]}"
    st.text_area(
        t("given — one array in each line; change numbers, or leave out a line to see it refused"),
        text,
        key=key,
        height=min(320, 90 + 26 * len(weights)),
    )
    if st.button(t("Apply"), key="apply_weights", icon=":material/play_arrow:"):
        st.session_state["given_applied"] = (session.experiment.key, st.session_state[key])
    experiment, applied = st.session_state.get("given_applied", ("", ""))
    if experiment != session.experiment.key:
        return
    try:
        given = read(applied)
        result = call_of(session, session.experiment, call.id, given)
    except Problem as problem:
        show_problem(session, problem, "given")
        return
    draw_result(session, result, call.id)
    changed = edits(weights, given) if not result.error else None
    if changed and st.button(
        t("Take these weights into the picture ({count} cells)", count=len(changed)),
        key="take_weights",
        icon=":material/grid_on:",
    ):
        _take(scene, changed)
        st.rerun()  # the whole page: a fragment's button reruns the fragment alone


def _take(scene: Scene, changed: tuple[Edit, ...]) -> None:
    new = {(edit.tensor, edit.index) for edit in changed}
    kept = [edit for edit in scene.session.experiment.edits if (edit.tensor, edit.index) not in new]
    scene.session.change(edits=(*kept, *changed))


def _own_weights(scene: Scene) -> list[Tensor]:
    """The first layer's weights, in Keras's order."""
    weights = list(scene.trace.weights) if scene.trace else []
    if scene.experiment.then and weights:
        first = weights[0].name.split("/", 1)[0]
        weights = [weight for weight in weights if weight.name.split("/", 1)[0] == first]
    return weights


panel("calls", "Layer API", show, group="check", order=22)
