"""The locks hold a version for all that the requirements name, one that they allow, and no address of an index."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PLATFORMS = [
    {
        "sys_platform": system,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.4",
    }
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
    for python in ("3.11", "3.12", "3.13")
]
MENDED = "`make lock` mends it"


def requirements(name: str, platform: dict[str, str] | None = None) -> dict[str, Requirement]:
    """What a file names by itself, as far as it is meant for a platform."""
    lines = (line.partition(" #")[0].strip() for line in (ROOT / name).read_text().splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]
    return {
        str(canonicalize_name(one.name)): one
        for one in found
        if platform is None or one.marker is None or one.marker.evaluate(dict(platform))
    }


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: " ".join(list(platform.values())[:3]))
def test_what_is_required_is_locked_at_a_version_that_is_allowed(platform: dict[str, str]) -> None:
    locked = requirements("requirements.lock", platform)
    developing = requirements("requirements-dev.lock", platform)
    for name, one in requirements("requirements.txt", platform).items():
        assert name in locked, f"{name} is not locked: {MENDED}"
        [pin] = locked[name].specifier
        assert pin.operator == "==" and one.specifier.contains(pin.version), f"{one}, locked {pin}: {MENDED}"
    more = ("requirements-notebook.txt", "requirements-jax.txt", "requirements-dev.txt")
    for name, one in (pair for file in more for pair in requirements(file, platform).items()):
        assert name in developing, f"{name} is not locked: {MENDED}"
        [pin] = developing[name].specifier
        assert pin.operator == "==" and one.specifier.contains(pin.version), f"{one}, locked {pin}: {MENDED}"
    assert {name: one.specifier for name, one in locked.items()}.items() <= {
        name: one.specifier for name, one in developing.items()
    }.items(), f"the two locks differ: {MENDED}"
    assert ("tensorflow-cpu" in locked) == (
        platform["sys_platform"] == "linux" and platform["platform_machine"] == "x86_64"
    )
    assert ("tensorflow-cpu" in locked) != ("tensorflow" in locked)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_place_that_packages_come_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not [part for part in ("://", "index", "find-links", " @ ", "file:", "--") if part in text]
