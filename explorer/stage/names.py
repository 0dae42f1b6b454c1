"""What each recorded tensor is called beside others: no two have one name."""

from __future__ import annotations

from collections import Counter

from explorer.arithmetic.case import Place, atlas
from explorer.trace import Trace


def names_of(trace: Trace) -> dict[str, str]:
    """Every tensor's name by its id.

    A name that the source sets several times ("x" of a Dense layer) is told apart by the operation that gave the
    tensor, "x (matmul)", and if that happens again by a count, "x (matmul 2)".
    """
    places = atlas(trace).places
    plain = {name: " ".join(place.tensor.name.split()) for name, place in places.items()}
    shared = Counter(plain.values())
    made = {name: _made(places[name]) if shared[plain[name]] > 1 else "" for name in places}
    seen: Counter[tuple[str, str]] = Counter()
    names = {}
    for name, text in plain.items():
        seen[text, made[name]] += 1
        count = seen[text, made[name]]
        suffix = " ".join([made[name], *([str(count)] if count > 1 else [])]).strip()
        names[name] = f"{text} ({suffix})" if suffix else text
    return names


def _made(place: Place) -> str:
    """The short name of the operation that gave a tensor a name."""
    if place.step is None or not place.step.target:
        return ""
    return place.step.operation.rsplit(".", 1)[-1]
