"""Draw what a call gave: its value or Keras's error, the names, a table, a drawing, a file."""

from __future__ import annotations

import streamlit as st

from explorer.i18n.translator import Translator
from explorer.model.lifecycle import FATES, CallResult, Table
from explorer.views.foreign_text import escape, table
from explorer.views.problems import show_problem
from explorer.views.session import Session


def draw_result(session: Session, result: CallResult, key: str) -> None:
    """Draw a result.

    Args:
        session: whose language.
        result: what the call gave.
        key: keeps the widgets of several results apart.
    """
    t = session.text
    if result.error:
        st.markdown(f":orange[:material/block: **{t('It raises')}**] :gray[{result.milliseconds:,.1f} ms]")
        if result.problem is not None:
            show_problem(session, result.problem, f"call_{key}", quiet=True)
        st.code(result.error, language=None, wrap_lines=True)
    else:
        st.markdown(f":blue[:material/check: **{t('It gives')}**] :gray[{result.milliseconds:,.1f} ms]")
        st.code(result.text, language="python", wrap_lines=True)
    for warning in result.warnings:
        st.markdown(f":orange[:material/warning: {t('It warns')}]")
        st.code(warning, language=None, wrap_lines=True)
    if result.names:
        table({t("name"): [one.name for one in result.names], t("holds"): [one.text for one in result.names]})
    if result.table is not None:
        draw_table(t, result.table)
    if result.graph:
        st.graphviz_chart(result.graph, alt=t("A drawing of what this call made"))
    if result.content:
        st.download_button(
            t("Download {file} ({size} bytes)", file=escape(result.file), size=f"{len(result.content):,}"),
            result.content,
            result.file,
            key=f"file_{key}",
            icon=":material/download:",
            on_click="ignore",
        )


def draw_table(t: Translator, rows: Table) -> None:
    """Draw the rows of a result; a word of ours in a cell is told in the reader's language."""
    columns = zip(*rows.rows, strict=True)
    table(
        {
            t.message(heading): [t.message(FATES[cell]) if cell in FATES else cell for cell in column]
            for heading, column in zip(rows.headings, columns, strict=False)
        }
    )
    if any(row[0].endswith(" *") for row in rows.rows):
        st.caption(t("* No mask comes with this input: here one was tried that leaves out the last step."))
