"""The layers that follow the first one: their parameters, their order, and one more."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.experiment import MAX_FOLLOWING, Following
from explorer.experiment.chains import link_names, prefixes, refusal, renamed
from explorer.model.problem import Problem
from explorer.views.controls.parameters import Parameters, draw_fields
from explorer.views.foreign_text import escape
from explorer.views.picker import layer_label
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import card_of, known_cards
from layers.card import Card

ADD = "then_add"
"""The key of the list that a further layer is chosen from."""


def draw_chain(session: Session, card: Card) -> None:
    """Draw a row for each layer that follows, the fields of the opened one, and the list to add another from.

    Args:
        session: the visitor.
        card: the first layer's.
    """
    t = session.text
    links = session.experiment.then
    if not links:
        st.caption(t("A layer that you add here takes the output above it as its input."))
    for position in range(len(links)):
        with st.container(border=True, key=f"then_{position}", gap="small"):
            _draw_link(session, card, position)
    if len(links) < MAX_FOLLOWING:
        _draw_adder(session, card)
    else:
        st.caption(t("A chain has at most {count} layers.", count=MAX_FOLLOWING + 1))


def _draw_link(session: Session, card: Card, position: int) -> None:
    """One layer: open and close, move up, take out. Only the opened layer's fields are drawn: each costs time."""
    t = session.text
    link = session.experiment.then[position]
    following = card_of(session, link.layer)
    is_open = session.opened_link == position
    with st.container(horizontal=True, vertical_alignment="center", key=f"then_row_{position}", gap="small"):
        st.button(
            f"**{escape(layer_label(t, following.id))}**",
            key=f"then_open_{position}",
            type="tertiary",
            icon=":material/expand_more:" if is_open else ":material/chevron_right:",
            width="stretch",
            help=t("Hide the parameters") if is_open else t("Show the parameters"),
            on_click=_open,
            args=(session, None if is_open else position),
        )
        st.button(
            t("Move up"),
            key=f"then_up_{position}",
            type="tertiary",
            help=t("Move up"),
            disabled=position == 0,
            on_click=_move_up,
            args=(session, card, position),
        )
        st.button(
            t("Take out"),
            key=f"then_remove_{position}",
            type="tertiary",
            help=t("Take out"),
            on_click=_remove,
            args=(session, card, position),
        )
    if is_open:
        key = f"then_{position}_{following.id}"
        take = partial(_set_params, session, position)
        draw_fields(session, Parameters(following, link.params, take, key, f"then.{position}"))


def _draw_adder(session: Session, card: Card) -> None:
    t = session.text

    def add(layer: str | None) -> None:
        if layer is None:
            return
        reason = refusal(card_of(session, layer))
        if reason is not None:
            raise Problem(reason, expected="f(x)", received=layer, where="then")
        _arrange(session, card, [*range(len(session.experiment.then)), None], Following(layer))
        session.opened_link = len(session.experiment.then) - 1
        st.session_state[ADD] = None  # the list is there for the next one

    st.selectbox(
        t("Add a layer"),
        list(known_cards(session)),
        key=session.show(ADD, None),
        index=None,
        placeholder=t("Add a layer"),
        format_func=partial(layer_label, t),
        on_change=session.accept(ADD, add),
        label_visibility="collapsed",
    )
    if ADD in session.problems:
        show_problem(session, session.problems[ADD], ADD, quiet=True)


def _open(session: Session, position: int | None) -> None:
    session.opened_link = position


def _set_params(session: Session, position: int, params: dict[str, object]) -> None:
    links = list(session.experiment.then)
    links[position] = Following(links[position].layer, params)
    session.change(then=tuple(links))


def _move_up(session: Session, card: Card, position: int) -> None:
    order: list[int | None] = list(range(len(session.experiment.then)))
    order[position - 1], order[position] = position, position - 1
    moved = {position: position - 1, position - 1: position}
    _arrange(session, card, order)
    session.opened_link = (
        moved.get(session.opened_link, session.opened_link) if session.opened_link is not None else None
    )


def _remove(session: Session, card: Card, position: int) -> None:
    _arrange(session, card, [n for n in range(len(session.experiment.then)) if n != position])
    opened = session.opened_link
    if opened is not None:
        session.opened_link = None if opened == position else opened - (opened > position)


def _arrange(session: Session, card: Card, order: list[int | None], new: Following | None = None) -> None:
    """Put the layers in another order; cells that were edited by hand go with them.

    Args:
        session: whose experiment.
        card: the first layer's.
        order: for each place, which of the present layers comes there; None for the new one.
        new: the layer that is new.
    """
    before = session.experiment.then
    after = [before[n] if n is not None else new for n in order]
    links = tuple(link for link in after if link is not None)
    old, other = (_prefixes(session, card, chain) for chain in (before, links))
    names = {old[0]: other[0]} | {old[n + 1]: other[place + 1] for place, n in enumerate(order) if n is not None}
    session.change(then=links, edits=renamed(session.experiment.edits, names))
    session.forget("then_")


def _prefixes(session: Session, card: Card, links: tuple[Following, ...]) -> list[str]:
    return prefixes(link_names([card, *(card_of(session, link.layer) for link in links)]))
