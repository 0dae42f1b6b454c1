"""One claim of a document: what it said, what happens today, and something to open."""

from __future__ import annotations

import streamlit as st

import layers
from explorer.claims import SOURCES, VERDICTS, Claim
from explorer.experiment import Experiment
from explorer.model.problem import Problem
from explorer.views.foreign_text import escape
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import ask

BADGES = {
    "holds": ("blue", ":material/check:"),
    "changed": ("violet", ":material/update:"),
    "refused": ("orange", ":material/block:"),
    "silent": ("orange", ":material/volume_off:"),
    "wrong": ("orange", ":material/close:"),
}
"""A verdict's colour and icon."""

LIVE_LAYER = "keras.layers.Dense"
"""On which layer a claim is tried that names none, while a symbolic tensor is open."""


def draw_claim(session: Session, claim: Claim, place: str, on_open: bool = False) -> None:
    """Draw a claim. Its snippet runs on a click, its experiment opens on a click.

    Args:
        session: the visitor.
        claim: what to draw.
        place: keeps the buttons of one claim on two pages apart.
        on_open: whether opening an experiment also goes to the page where it is seen.
    """
    t = session.text
    words, (color, icon) = t(VERDICTS[claim.verdict]), BADGES[claim.verdict]
    with st.expander(
        f"{t(claim.title)}  :{color}-badge[{icon} {words}]", key=f"claim_{place}_{claim.id}", on_change="rerun"
    ) as body:
        if not body.open:
            return
        then, now = st.columns(2)
        then.markdown(f"**{t('Then')}** :gray[{escape(t(SOURCES[claim.document].name))}]\n\n{t(claim.then)}")
        now.markdown(f"**{t('Now')}**\n\n{t(claim.now)}")
        if claim.modern:
            st.markdown(f"**{t('The modern form')}**")
            st.code(claim.modern)
        if claim.open:
            st.button(
                t("Open it"),
                key=f"open_{place}_{claim.id}",
                icon=":material/grid_on:",
                on_click=_open,
                args=(session, dict(claim.open), on_open),
            )
        if claim.call:
            st.button(
                t("Try it live"),
                key=f"live_{place}_{claim.id}",
                icon=":material/bolt:",
                on_click=_try,
                args=(session, claim, on_open),
            )
        if claim.snippet:
            _draw_snippet(session, claim, place)


def _draw_snippet(session: Session, claim: Claim, place: str) -> None:
    t = session.text
    st.code(claim.snippet)
    if st.button(t("Run it"), key=f"run_{place}_{claim.id}", icon=":material/play_arrow:"):
        try:
            text = ask(session, "snippet", {"claim": claim.id}).meta["text"]
        except Problem as problem:
            show_problem(session, problem, f"{place}_{claim.id}")
            return
        st.code(text, language=None, wrap_lines=True)


def _is_layer(session: Session) -> bool:
    """Whether what is open is a layer, and no symbolic tensor."""
    card = layers.catalogue().get(session.experiment.layer)
    return card is None or not card.symbolic


def _try(session: Session, claim: Claim, leave: bool) -> None:
    """Open the panel where the claim's call or moment is, on the claim's layer if it names one."""
    panel, _, name = claim.call.partition(".")
    session.see(panel=panel, call=name)
    needed = dict(claim.open or ({} if _is_layer(session) else {"layer": LIVE_LAYER}))
    if needed and needed.get("layer") != session.experiment.layer:
        session.replace(Experiment.from_json(needed))
        session.problems.clear()
    if leave:
        st.session_state["go"] = "explore"


def _open(session: Session, experiment: dict[str, object], leave: bool) -> None:
    session.replace(Experiment.from_json(experiment))
    session.problems.clear()
    if leave:
        st.session_state["go"] = "explore"
