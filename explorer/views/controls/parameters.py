"""The layer's constructor arguments, one control each."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from explorer.views.controls.fields import draw_field
from explorer.views.session import Session
from layers.card import Card, Field

_NARROW = ("integer", "number")


def draw_parameters(session: Session, card: Card) -> None:
    """Draw the card's fields; the advanced ones wait in an expander."""
    t = session.text
    plain = [spec for spec in card.fields if not spec.advanced]
    advanced = [spec for spec in card.fields if spec.advanced]
    if not card.fields:
        st.caption(t("This layer takes no parameters."))
    _draw(session, card, plain)
    if advanced:
        with st.expander(t("More parameters ({count})", count=len(advanced))):
            _draw(session, card, advanced)


def _draw(session: Session, card: Card, specs: list[Field]) -> None:
    for row in _rows(specs):
        columns = st.columns(len(row)) if len(row) > 1 else [st.container()]
        for column, spec in zip(columns, row, strict=True):
            with column:
                value = session.experiment.params.get(spec.name, spec.default)
                draw_field(
                    session, spec, f"p_{card.id}_{spec.name}", value,
                    partial(set_parameter, session, spec), f"params.{spec.name}",
                )  # fmt: skip


def _rows(specs: list[Field]) -> list[list[Field]]:
    """Two numbers share a row."""
    rows: list[list[Field]] = []
    for spec in specs:
        if rows and len(rows[-1]) == 1 and spec.kind in _NARROW and rows[-1][0].kind in _NARROW:
            rows[-1].append(spec)
        else:
            rows.append([spec])
    return rows


def set_parameter(session: Session, spec: Field, value: Any) -> None:
    """Take one parameter into the experiment; a default is left out of the link."""
    params = {name: old for name, old in session.experiment.params.items() if name != spec.name}
    if value != spec.default:
        params[spec.name] = value
    session.change(params=params)
