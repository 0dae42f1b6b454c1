"""One widget for one Field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from explorer.experiment.recipes import checked_value, describe_field
from explorer.experiment.untrusted import parsed
from explorer.model.problem import Problem
from explorer.model.trace import Message
from explorer.views.foreign_text import escape, marked
from explorer.views.problems import show_problem
from explorer.views.session import Session
from layers.card import Field

_UNSET = "—"


def draw_field(session: Session, spec: Field, key: str, value: Any, change: Callable[[Any], None], where: str) -> None:
    """Draw the control of a field and what was refused of it. The arguments are those of `draw_control`."""
    draw_control(session, spec, key, value, change, where)
    draw_refusal(session, key)


def draw_refusal(session: Session, key: str) -> None:
    """Say what was refused of a field, if anything was."""
    if key in session.problems:
        show_problem(session, session.problems[key], key, quiet=True)


def draw_control(
    session: Session, spec: Field, key: str, value: Any, change: Callable[[Any], None], where: str
) -> None:
    """Draw the control of a field.

    Args:
        session: the visitor.
        spec: the field.
        key: the widget's key.
        value: the value in the experiment.
        change: takes the new value into the experiment; may raise a Problem.
        where: the part of the experiment, for messages.
    """

    def take(widget_value: Any) -> None:
        change(checked_value(spec, _value(spec, widget_value, where), where))

    _WIDGETS[spec.kind](session, spec, key, value, session.accept(key, take))


def _value(spec: Field, typed: Any, where: str) -> Any:
    """What the widget holds, as JSON."""
    if typed == _UNSET and spec.kind in ("choice", "boolean"):
        return None
    if spec.kind == "boolean" and spec.optional:
        return typed == "True"
    if spec.kind in ("shape", "json"):
        text = str(typed).strip()
        if not text and spec.optional:
            return None
        if spec.kind == "shape":
            text = f"[{text.strip('()[] ,')}]"
        try:
            return parsed(text, where)
        except ValueError as error:
            raise Problem(
                Message("“{name}” cannot take that value.", {"name": spec.name}),
                expected="3, 3" if spec.kind == "shape" else "JSON",
                received=str(typed)[:80],
                where=where,
            ) from error
    if spec.kind == "text" and spec.optional and typed == "":
        return None
    return typed


def _help(session: Session, spec: Field) -> str:
    text = marked(session.text(spec.help))
    return f"{text} ({escape(describe_field(spec))})" if spec.kind != "choice" else text


def _integer(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    st.number_input(
        escape(spec.name),
        key=session.show(key, value),
        on_change=on_change,
        help=_help(session, spec),
        step=1,
        value=None if spec.optional else "min",
    )


def _number(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    st.number_input(
        escape(spec.name),
        key=session.show(key, None if value is None else float(value)),
        on_change=on_change,
        format="%g",
        help=_help(session, spec),
        value=None if spec.optional else "min",
        step=0.1,
    )


def _boolean(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    if spec.optional:
        choices = [_UNSET, "True", "False"]
        st.selectbox(
            escape(spec.name),
            choices,
            key=session.show(key, _UNSET if value is None else str(value)),
            on_change=on_change,
            help=_help(session, spec),
        )
    else:
        st.toggle(escape(spec.name), key=session.show(key, bool(value)), on_change=on_change, help=_help(session, spec))


def _choice(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    choices = [_UNSET, *spec.choices] if spec.optional else list(spec.choices)
    shown = _UNSET if value is None else value
    if shown not in choices:
        choices.append(shown)  # a link may hold a value that the engine will refuse: show it as it is
    st.selectbox(
        escape(spec.name), choices, key=session.show(key, shown), on_change=on_change, help=_help(session, spec)
    )


def _text(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    shown = "" if value is None else str(value)
    st.text_input(escape(spec.name), key=session.show(key, shown), on_change=on_change, help=_help(session, spec))


def _shape(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    shown = "" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    st.text_input(escape(spec.name), key=session.show(key, shown), on_change=on_change, help=_help(session, spec))


def _json(session: Session, spec: Field, key: str, value: Any, on_change: Callable[[], None]) -> None:
    shown = "" if value is None else json.dumps(value, ensure_ascii=False)
    st.text_input(escape(spec.name), key=session.show(key, shown), on_change=on_change, help=_help(session, spec))


_WIDGETS: dict[str, Callable[[Session, Field, str, Any, Callable[[], None]], None]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "choice": _choice,
    "text": _text,
    "shape": _shape,
    "json": _json,
}
