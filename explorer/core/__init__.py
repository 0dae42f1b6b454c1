"""Where Keras runs: build a layer, run it, record what it made. Used by workers, notebooks and tests."""

from __future__ import annotations

from explorer.core.record import trace_layer

__all__ = ["trace_layer"]
