"""What each recorded tensor is called beside others: two that differ have two names."""

from __future__ import annotations

from collections import Counter

from explorer.arithmetic.case import Atlas, Place, atlas, identity, once
from explorer.model.trace import Trace


@once
def names_of(trace: Trace) -> dict[str, str]:
    """Every tensor's name by its id.

    A name that the source sets several times ("x" of a Dense layer) is told apart by the operation that gave the
    tensor, "x (matmul)", and if that happens again by a count, "x (matmul 2)". A tensor that has a rarer name as well
    (the "x" of a sub-layer is "query" in the layer that called it) has that one.
    """
    known = atlas(trace)
    plain = {name: " ".join(place.tensor.name.split()) for name, place in known.places.items()}
    shared = Counter(plain.values())
    seen: Counter[str] = Counter()
    names = {}
    for name, place in known.places.items():
        made = _made(place) if shared[plain[name]] > 1 else ""
        text = f"{plain[name]} ({made})" if made else plain[name]
        seen[text] += 1
        count = seen[text]
        names[name] = text if count == 1 else f"{plain[name]} ({f'{made} {count}'.strip()})"
    return {name: names[min(_same(known, name), key=lambda other: shared[plain[other]])] for name in names}


def _same(known: Atlas, name: str) -> list[str]:
    """The ids of one array, itself first; an input or a weight has its own name only."""
    place = known.places[name]
    return [name] if place.step is None else [name, *known.by_array.get(identity(place.tensor.value), [])]


def _made(place: Place) -> str:
    """The short name of the operation that gave a tensor a name."""
    if place.step is None or not place.step.target:
        return ""
    return place.step.operation.rsplit(".", 1)[-1]
