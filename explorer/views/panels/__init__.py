"""The panels below the picture. Each file states a `VIEW` whose `show` takes a Scene."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.experiment import Experiment
from explorer.text import Translator
from explorer.trace import Trace
from explorer.views.session import Session
from layers.card import Card


@dataclass(frozen=True)
class Scene:
    """What a panel is about.

    Attributes:
        session: the visitor.
        card: the layer's card.
        experiment: the experiment that is shown.
        trace: what it gave; None if it failed and there is no last good picture.
        t: the visitor's translator.
    """

    session: Session
    card: Card
    experiment: Experiment
    trace: Trace | None
    t: Translator
