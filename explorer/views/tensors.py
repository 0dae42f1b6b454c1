"""Tensors as cards, and the words around them, in the reader's language."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from explorer import stage
from explorer.i18n.translator import Translator
from explorer.model.trace import Tensor
from explorer.stage.labels import LABELS


def draw_tensors(
    t: Translator, tensors: Sequence[Tensor], *, words: Mapping[str, str] | None = None, **how: Any
) -> None:
    """Draw tensors in the reader's language.

    Args:
        t: the reader's translator.
        tensors: what to draw.
        words: translated words that replace the stage's own, keyed as in `LABELS`.
        how: what else `explorer.stage.draw` takes.
    """
    told = [dataclasses.replace(tensor, help=t(tensor.help)) for tensor in tensors]
    stage.draw(told, labels={**labels(t), **(words or {})}, axis=lambda name: axis_name(t, name), **how)


def labels(t: Translator) -> dict[str, str]:
    """The stage's own words in the reader's language."""
    return {name: t(text) for name, text in LABELS.items()}


def axis_name(t: Translator, name: str) -> str:
    """An axis name in the reader's language; "axis 3" keeps its number."""
    return t("axis {number}", number=name[5:]) if name.startswith("axis ") else t(name)
