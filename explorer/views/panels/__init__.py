"""The panels below the picture. Each file registers one, whose `show` takes a Scene."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.experiment import Experiment
from explorer.i18n.translator import Translator
from explorer.model.trace import Trace
from explorer.views.session import Session
from explorer.views.work import trace_shown
from layers.card import Card


@dataclass(frozen=True)
class Scene:
    """What a panel is about.

    Streamlit keeps a scene with each fragment that it is passed to, as long as the page is open: so it does not hold
    the trace itself.

    Attributes:
        session: the visitor.
        card: the layer's card.
        experiment: the experiment that is shown.
        t: the visitor's translator.
    """

    session: Session
    card: Card
    experiment: Experiment
    t: Translator

    @property
    def trace(self) -> Trace | None:
        """What the experiment gave, computed again if it was given up; None if it failed, with no good one before."""
        return trace_shown(self.session, self.card)
