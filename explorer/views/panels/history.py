"""What the documents said about this layer, and what is true today."""

from __future__ import annotations

from explorer.claims import Claim, claims
from explorer.views import panel
from explorer.views.claim import draw_claim
from explorer.views.panels import Scene


def show(scene: Scene) -> None:
    """Draw the claims that open this layer."""
    for claim in _own(scene):
        draw_claim(scene.session, claim, "history")


def _own(scene: Scene) -> list[Claim]:
    return [claim for claim in claims() if claim.open and claim.open.get("layer") == scene.card.id]


panel("history", "Then and now", show, group="understand", order=15, fits=lambda scene: bool(_own(scene)))
