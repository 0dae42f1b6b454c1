"""Read by hatchling when it builds: what the package depends on is what `requirements.txt` says; what a notebook needs
besides, `requirements-notebook.txt` (the extra `notebook`); what the doctor needs to run a layer on JAX, too,
`requirements-jax.txt` (the extra `jax`).

pytest stands there for whoever works on the project. Nothing that runs imports it, so it is the extra `test`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface
from packaging.requirements import Requirement

TEST = ("pytest",)


class Dependencies(MetadataHookInterface):
    """The hook: `pyproject.toml` names this file."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the dependencies to the project's metadata."""
        stated = self._stated("requirements.txt")
        metadata["dependencies"] = [str(one) for one in stated if one.name not in TEST]
        metadata["optional-dependencies"] = {
            "jax": [str(one) for one in self._stated("requirements-jax.txt")],
            "notebook": [str(one) for one in self._stated("requirements-notebook.txt")],
            "test": [str(one) for one in stated if one.name in TEST],
        }

    def _stated(self, name: str) -> list[Requirement]:
        lines = (Path(self.root) / name).read_text(encoding="utf-8").splitlines()
        return [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
