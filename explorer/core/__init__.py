"""Where Keras runs: build a layer, run it, record what it made. Used by workers, notebooks and tests."""

from __future__ import annotations

from explorer.core.could_depend import could_depend
from explorer.core.doctor import examine
from explorer.core.downstream import downstream
from explorer.core.record import trace_layer
from explorer.core.trail import trail

__all__ = ["could_depend", "downstream", "examine", "trace_layer", "trail"]
