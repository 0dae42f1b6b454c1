"""A flow as HTML that needs nothing else: its code, its numbers and its tape stand in it, compressed.

Whatever a layer is called, its text lies in the compressed message, which the code draws as text; the little that
stands in the HTML itself is escaped.
"""

from __future__ import annotations

import base64
import functools
import gzip
import html
import json
from dataclasses import dataclass
from pathlib import Path

from explorer.model.trace import Trace
from explorer.project import INSTALLED

BUNDLE = Path(__file__).parent / "bundles" / "notebook.js"
_LOADER = Path(__file__).parent / "js" / "loader.js"
WAIT = 500
"""Milliseconds in which the living widget, if there is one, comes before its copy."""
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:; "
    "form-action 'none'; base-uri 'none'"
)
"""What a page of its own may do: its own code, and no request at all."""


@functools.cache
def code() -> str:
    """The module that draws a flow.

    Raises:
        FileNotFoundError: if it was not made; it says how to.
    """
    try:
        return BUNDLE.read_text(encoding="utf-8")
    except FileNotFoundError:
        how = (
            "The installed package should have it: install it again."
            if INSTALLED
            else "`make node_modules/.bundled` makes it (npm is needed)."
        )
        raise FileNotFoundError(
            f"The JavaScript that shows a flow in a notebook was not made. Expected: {BUNDLE}. {how}"
        ) from None


@functools.cache
def _packed_code() -> str:
    return _packed(code().encode())


@dataclass(frozen=True)
class Copy:
    """All that a copy of a shown call needs.

    Attributes:
        trace: the call, for what is read where no script may run.
        identity: the same as of the widget that it is a copy of: where that lives, the copy keeps hidden.
        flow, tape, accounts: messages of `explorer.notebook.message`; b"" of those that there are none of.
    """

    trace: Trace
    identity: str
    flow: bytes
    tape: bytes = b""
    accounts: bytes = b""


def fragment(copy: Copy, *, wait: int = WAIT) -> str:
    """A part of a page.

    Args:
        copy: what it shows.
        wait: milliseconds before it is drawn.
    """
    packed = map(_packed, (copy.flow, copy.tape, copy.accounts))
    given = json.dumps([copy.identity, wait, _packed_code(), *packed])
    return (
        f'<div data-layer-explorer="{html.escape(copy.identity)}"><p>{html.escape(summary(copy.trace))}</p></div>\n'
        f"<script>{{\n{_loader()}\nstart(...{given})\n}}</script>\n"
    )


def page(copy: Copy, language: str) -> str:
    """A page of its own: one file, which opens from disk and asks for nothing."""
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(copy.trace.layer)}</title>\n"
        "<style>body { margin: 16px 16px 0; background: #ffffff; color: #1c2330; font-family: system-ui; }\n"
        "@media (prefers-color-scheme: dark) { body { background: #14181f; color: #e8ebf0; } }</style>\n"
        f"</head>\n<body>\n{fragment(copy, wait=0)}</body>\n</html>\n"
    )


def summary(trace: Trace) -> str:
    """What is read where no script may run."""
    ends = [
        ", ".join(f"{tensor.dtype} {tensor.value.shape}" for tensor in tensors)
        for tensors in (trace.inputs, trace.outputs)
    ]
    return f"{trace.layer}: {' → '.join(ends)}"


@functools.cache
def _loader() -> str:
    return _LOADER.read_text(encoding="utf-8")


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode() if data else ""
