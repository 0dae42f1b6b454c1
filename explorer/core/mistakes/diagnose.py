"""diagnose(error) and suspects(layer_class): from a failure, or from source alone, to a named mistake."""

from __future__ import annotations

import dataclasses
from typing import Any

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.reading import class_of, read
from explorer.core.mistakes.rules import SILENT, raised_rules
from explorer.core.mistakes.shapes import clash
from explorer.model.fix import SourceLine


def diagnose(
    error: BaseException, layer_class_or_instance: Any = None, source: str | None = None, context: str = ""
) -> Diagnosis | None:
    """Name the mistake behind an exception.

    Args:
        error: raised while a layer was made, built, called (with numbers or not), saved, loaded or trained.
        layer_class_or_instance: the layer, or its class; without it the traceback tells.
        source: the text of the layer's file, where Python cannot find it.
        context: what else is known and the message may lack, such as the shapes of the inputs.
    Returns:
        None if it is not one of the known mistakes: a wrong guess would be worse.
    """
    evidence = Evidence(error, layer_class_or_instance, source)
    for pattern, explain in raised_rules():
        match = pattern.search(evidence.text)
        found = explain(evidence, match) if match else None
        if found is not None:
            return found
    described = clash(f"{evidence.text}\n\n{context}")
    return None if described is None else dataclasses.replace(described, place=evidence.place)


def blamed(error: BaseException, layer_class_or_instance: Any = None, source: str | None = None) -> SourceLine | None:
    """The innermost line of the layer's own file through which an exception went, whether the mistake is known or not.

    Args:
        error, layer_class_or_instance, source: as of `diagnose`.
    Returns:
        None if no line of a person's file ran: Keras's own layers are not to blame.
    """
    return Evidence(error, layer_class_or_instance, source).place


def suspects(layer_class: Any, source: str | None = None) -> list[Diagnosis]:
    """What looks wrong in the source of a layer's class, though it raises nothing. Runs none of it.

    Args:
        layer_class: the class, or a layer of it; of a layer, an argument that is as by default is not missed.
        source: the text of its file, where Python cannot find it.
    Returns:
        In the order of the lines; empty if there is no source to read.
    """
    known = class_of(layer_class)
    if known is None:
        return []
    reading = read(known, source, None if isinstance(layer_class, type) else layer_class)
    found: dict[object, Diagnosis] = {}
    for rule in SILENT.all().values():
        for suspect in rule(reading):
            found.setdefault((suspect.id, suspect.place), suspect)
    return sorted(found.values(), key=lambda suspect: suspect.place.line if suspect.place else 0)
