"""The layer's constructor arguments, one control each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from explorer.views.controls.fields import draw_control, draw_refusal
from explorer.views.session import Session
from layers.card import Card, Field

_NARROW = ("integer", "number")
_MOST_LETTERS = 14
"""A longer name does not fit beside another one."""


@dataclass(frozen=True)
class Parameters:
    """The parameters of one layer, and where they stand.

    Attributes:
        card: the layer's.
        values: those that differ from the card's defaults.
        change: takes other values into the experiment; may raise a Problem.
        key: the beginning of the widgets' keys.
        where: the part of the experiment, for messages.
    """

    card: Card
    values: Mapping[str, Any]
    change: Callable[[dict[str, Any]], None]
    key: str
    where: str


def draw_parameters(session: Session, card: Card) -> None:
    """Draw the fields of the experiment's layer."""
    draw_fields(
        session,
        Parameters(
            card, session.experiment.params, lambda params: session.change(params=params), f"p_{card.id}", "params"
        ),
    )


def draw_fields(session: Session, parameters: Parameters) -> None:
    """Draw a card's fields; the advanced ones wait in an expander."""
    t, fields = session.text, parameters.card.fields
    plain = [spec for spec in fields if not spec.advanced]
    advanced = [spec for spec in fields if spec.advanced]
    if not fields:
        st.caption(t("This layer takes no parameters."))
    _draw(session, parameters, plain)
    if advanced:
        with st.expander(t("More parameters ({count})", count=len(advanced))):
            _draw(session, parameters, advanced)


def _draw(session: Session, parameters: Parameters, specs: list[Field]) -> None:
    for row in _rows(specs):
        columns = st.columns(len(row)) if len(row) > 1 else [st.container()]
        for column, spec in zip(columns, row, strict=True):
            with column:
                draw_control(
                    session,
                    spec,
                    f"{parameters.key}_{spec.name}",
                    parameters.values.get(spec.name, spec.default),
                    partial(_set, parameters, spec),
                    f"{parameters.where}.{spec.name}",
                )
        for spec in row:  # below the row: half of it is too narrow for a sentence
            draw_refusal(session, f"{parameters.key}_{spec.name}")


def _rows(specs: list[Field]) -> list[list[Field]]:
    """Two numbers with short names share a row."""

    def narrow(spec: Field) -> bool:
        return spec.kind in _NARROW and len(spec.name) <= _MOST_LETTERS

    rows: list[list[Field]] = []
    for spec in specs:
        if rows and len(rows[-1]) == 1 and narrow(spec) and narrow(rows[-1][0]):
            rows[-1].append(spec)
        else:
            rows.append([spec])
    return rows


def _set(parameters: Parameters, spec: Field, value: Any) -> None:
    """Take one parameter into the experiment; a default is left out of the link."""
    values = {name: old for name, old in parameters.values.items() if name != spec.name}
    if value != spec.default:
        values[spec.name] = value
    parameters.change(values)
