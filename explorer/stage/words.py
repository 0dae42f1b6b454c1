"""The stage's words in a reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.i18n.translator import Translator
from explorer.model.trace import Tensor
from explorer.stage.flow_labels import LABELS as FLOW_LABELS
from explorer.stage.labels import LABELS


def labels(t: Translator) -> dict[str, str]:
    """The stage's own words."""
    return {name: t(text) for name, text in LABELS.items()}


def flow_labels(t: Translator, tensors: Iterable[Tensor]) -> dict[str, str]:
    """The words of a flow, and what is told of its tensors."""
    told = {tensor.help: t(tensor.help) for tensor in tensors if tensor.help}
    return {**labels(t), **{name: t(text) for name, text in FLOW_LABELS.items()}, **told}


def axis_name(t: Translator, name: str) -> str:
    """An axis name; "axis 3" keeps its number."""
    return t("axis {number}", number=name[5:]) if name.startswith("axis ") else t(name)
