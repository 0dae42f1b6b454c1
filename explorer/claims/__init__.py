"""The claims file: what each of the five source documents says, what is true today, and something that shows it.

One TOML file a document ("000.toml" ... "004.toml"), one entry a claim. Reading them needs no Keras; running a
snippet (`explorer.core.claim_programs`) or an experiment (`explorer.run`) does.
"""

from __future__ import annotations

from explorer.claims.claim import VERDICTS, Claim, claims, texts
from explorer.claims.expectation import Expectation, disagreement, missing
from explorer.claims.sources import DOCUMENTS, SOURCES

__all__ = ["DOCUMENTS", "SOURCES", "VERDICTS", "Claim", "Expectation", "claims", "disagreement", "missing", "texts"]
