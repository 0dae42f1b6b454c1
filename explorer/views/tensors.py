"""Tensors as cards, and the words around them, in the reader's language."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from explorer import stage
from explorer.i18n.translator import Translator
from explorer.model.trace import Tensor
from explorer.stage.words import axis_name, labels


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
