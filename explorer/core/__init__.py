"""Where Keras runs: build a layer, run it, record what it made. Used by workers, notebooks and tests."""

from __future__ import annotations

from explorer.engine import configuration
from explorer.project import other_layers

configuration.adopt()  # before the first import of Keras, which stands in every module below

from explorer.core.doctor import examine  # noqa: E402
from explorer.core.tracing.record import trace_layer  # noqa: E402

if not other_layers():
    from explorer.core.dependence.downstream import downstream
    from explorer.core.dependence.perturbation import could_depend
    from explorer.core.dependence.trail import trail

__all__ = ["could_depend", "downstream", "examine", "trace_layer", "trail"]
