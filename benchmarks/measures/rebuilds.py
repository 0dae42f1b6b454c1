"""What a worker gathers: its memory after 2000 rebuilds of catalogue layers, by the job that the pages ask for."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.process import memory
from benchmarks.worker import in_worker

REBUILDS = 2000
WARM_UP = 10
"""Rounds through the catalogue before the memory is read: what is made once is made then."""

GROWTH = Goal(f"a worker's growth over {REBUILDS} rebuilds, the catalogue's layers in turn", 20, "MiB")


def run() -> Iterator[Figure]:
    """measure in a worker."""
    before, after = in_worker(__name__, "growth", rebuilds=REBUILDS)
    yield Figure(GROWTH, after - before, f"from {before:.0f} to {after:.0f} MiB resident")


def growth(rebuilds: int) -> tuple[float, float]:
    """Resident memory in MiB before and after that many "run" jobs. Needs Keras."""
    import gc

    import layers
    from explorer.core.jobs import perform

    names = list(layers.catalogue())

    def rebuild(number: int) -> None:
        experiment = {"layer": names[number % len(names)], "seed": number}
        perform("run", {"experiment": experiment}, {}, lambda fraction, text: None)

    for number in range(WARM_UP * len(names)):
        rebuild(number)
    gc.collect()
    before, _ = memory()
    for number in range(rebuilds):
        rebuild(number)
    gc.collect()
    after, _ = memory()
    return before, after


measure("rebuilds", 70, (GROWTH,), run)
