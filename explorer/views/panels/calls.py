"""The layer's API, live: every call that the documents name, run on this layer with its real result."""

from __future__ import annotations

import streamlit as st

from explorer.experiment import Edit
from explorer.experiment.weights_text import edits, read, written
from explorer.model.lifecycle import GROUPS, Call
from explorer.model.problem import Problem
from explorer.model.trace import Tensor
from explorer.views import panel
from explorer.views.call_result import draw_result
from explorer.views.foreign_text import escape, marked
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.work import call_of, calls_of

_RAN, _LINKED = "calls_ran", "calls_linked"


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
    ran: set[str] = st.session_state.setdefault(_RAN, set())
    linked = session.look.call if session.look.call in calls else ""
    groups = [group for group in GROUPS if any(call.group == group for call in calls.values())]
    if linked and st.session_state.get(_LINKED) != linked:  # a link to a call opens its group and runs it, once
        st.session_state[_LINKED], st.session_state["calls_group"] = linked, calls[linked].group
        ran.add(linked)
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
            "Each button runs exactly the lines that stand above it. `layer` is a new layer like the one on the "
            "screen, with its weights; `unbuilt` is one that was never called; the inputs go by their names; "
            "`difference` is the largest |a - b|."
        )
    )
    if session.experiment.then:
        st.caption(t("The calls are about the chain's first layer; the table of masks follows the whole chain."))
    own = [call for call in calls.values() if call.group == chosen]
    if len(own) > 1:
        st.button(
            t("Run all of these"),
            key="calls_all",
            icon=":material/playlist_play:",
            on_click=lambda: ran.update(call.id for call in own),
        )
    for call in sorted(own, key=lambda call: call.id != linked):
        with st.container(border=True, key=f"call_{call.id}"):
            _draw_call(scene, call, calls, ran)


def _draw_call(scene: Scene, call: Call, calls: dict[str, Call], ran: set[str]) -> None:
    t = scene.t
    lesson = t.message(call.lesson)
    st.markdown(f"**{escape(t.message(call.title))}**" + (f" :gray[— {escape(lesson)}]" if lesson else ""))
    if call.absent is not None:
        st.code(call.code)
        st.caption(marked(t.message(call.absent)))
        return
    if call.asks == "weights":
        _draw_weights(scene, call)
        return
    modern = calls.get(call.modern)
    columns = st.columns(2) if modern is not None else [st.container()]
    with columns[0]:
        if modern is not None:
            st.caption(t("Then"))
        st.code(call.code, wrap_lines=True)
    if modern is not None:
        with columns[1]:
            st.caption(t("The modern form"))
            st.code(modern.code, wrap_lines=True)
    with columns[0]:
        st.button(
            t("Run"),
            key=f"run_{call.id}",
            icon=":material/play_arrow:",
            on_click=ran.add,
            args=(call.id,),
            help=t("The result stays, and follows the layer."),
        )
    if call.id not in ran:
        return
    with columns[0]:
        _draw_run(scene, call.id)
    if modern is not None:
        with columns[1]:
            _draw_run(scene, modern.id, f"{call.id}_modern")


def _draw_run(scene: Scene, name: str, key: str = "") -> None:
    try:
        result = call_of(scene.session, scene.session.experiment, name)
    except Problem as problem:
        show_problem(scene.session, problem, f"call_{key or name}")
        return
    draw_result(scene.session, result, key or name)


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


panel("calls", "Layer API", show, order=21)
