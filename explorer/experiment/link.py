"""The link that holds an Experiment and a Look, as the query parameters of an address."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import zlib
from collections.abc import Mapping
from typing import Any

from explorer.experiment.experiment import DEFAULTS, PARTS, Experiment, checked_part, dumps, unknown_part
from explorer.experiment.look import Look
from explorer.experiment.untrusted import MAX_TEXT, parsed
from explorer.model.problem import MAX_TOLD, Problem, brief, told

MAX_LINK = 8192
"""The longest query string, in characters, that the address bar is given."""
COMPRESS_ABOVE = 1024
"""A query string longer than this is compressed."""


def to_query(experiment: Experiment, look: Look | None = None) -> dict[str, str]:
    """The link, as query parameters: one for each part of the Experiment that differs from its default.

    A long link is compressed into the one parameter `z`; one that is too long even then holds the layer and
    `needs=<hash>`, and the reader is offered an .experiment file.
    """
    parts = experiment.to_json()
    query = {name: value if isinstance(value, str) else dumps(value) for name, value in parts.items()}
    if sum(len(name) + len(value) + 2 for name, value in query.items()) > COMPRESS_ABOVE:
        packed = base64.urlsafe_b64encode(zlib.compress(dumps(parts).encode(), 9)).decode().rstrip("=")
        query = {"z": packed} if len(packed) <= MAX_LINK - 256 else {"layer": experiment.layer, "needs": experiment.key}
    defaults = Look()
    for name, value in dataclasses.asdict(look or defaults).items():
        if value != getattr(defaults, name):
            query[name] = value
    return query


def from_query(query: Mapping[str, str]) -> tuple[Experiment, Look, list[Problem]]:
    """Read a link. Whatever is damaged falls back to its default and is reported; nothing is raised.

    Returns:
        The experiment, the look, and what could not be read: a Problem for each part, at most `MAX_TOLD` and a count.
    """
    problems: list[Problem] = []
    parts = _parts(query, problems)
    good: dict[str, Any] = {}
    for name, value in parts.items():
        try:
            good[name] = checked_part(name, value)
        except Problem as problem:
            problems.append(problem)
    looks = dataclasses.asdict(Look())
    known = {*PARTS, *looks, "z", "needs"}
    unknown = [name for name in query if name not in known]
    problems += [unknown_part(name) for name in unknown[:MAX_TOLD]]  # a link may hold a hundred thousand
    further = len(unknown[MAX_TOLD:])
    look = Look(**{name: _whole(query[name][:300]) for name in looks if name in query})
    try:
        return Experiment(**good), look, told(problems, further)
    except Problem as problem:  # each part is small enough, and all together are not
        return Experiment(layer=good.get("layer", "center_zero")), look, told([problem, *problems], further)


def _whole(text: str) -> str:
    """The text with a question mark for each half of a character, which cannot be sent on."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parts(query: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    """What the link says of the experiment's parts, not checked yet."""
    parts: dict[str, Any] = {}
    if "z" in query:
        try:
            parts = _unpack(query["z"])
        except Problem as problem:
            problems.append(problem)
    for name in PARTS:
        if name in query:
            parts[name] = query[name] if isinstance(DEFAULTS[name], str) else _read(query[name], name, problems)
    if "needs" in query:
        problems.append(
            Problem(
                "This experiment is too long for a link. Open its .experiment file.",
                expected=_whole(query["needs"][:12]),
                received="-",
                where="inputs",
            )
        )
    return parts


def _read(text: str, name: str, problems: list[Problem]) -> Any:
    try:
        return parsed(text, name)
    except Problem as problem:
        problems.append(problem)
    except ValueError:
        problems.append(Problem("This part of the link is damaged; its default is shown.", "JSON", brief(text), name))
    return DEFAULTS[name]


def _unpack(text: str) -> dict[str, Any]:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_TEXT)
        if not unpacker.eof:
            raise ValueError("cut short or too long")
        value = parsed(data)
        if not isinstance(value, dict):
            raise ValueError("not an object")
    except (ValueError, zlib.error, binascii.Error) as error:
        raise Problem(
            "The compressed part of the link is damaged; the default is shown.",
            expected="z=...",
            received=brief(text),
            detail=_whole(str(error)),
        ) from error
    return value
