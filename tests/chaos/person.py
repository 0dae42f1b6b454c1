"""A visitor who does not give up: connects again when cut off, and tries again what failed."""

from __future__ import annotations

import asyncio

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.visitor import Visitor

PATIENCE = 60.0
"""Seconds after which a change that did not show is lost."""
AGAIN = 1.0
"""Seconds after which a reader tries again what was told to have failed."""
LOST = (ConnectionClosed, InvalidHandshake, OSError)


class Failed(Exception):
    """It was told that there is no picture."""


class Person(Visitor):
    """One open page and its reader.

    Args:
        port: where the server answers.
        query: the link's query parameters.
    """

    def __init__(self, port: int, query: dict[str, str]) -> None:
        super().__init__(port, query)
        self.told: list[str] = []
        """Every sentence in an alert."""
        self._lost = False
        self.cut_off = 0
        """How often the connection was lost."""

    async def arrive(self) -> None:
        """Open the page, as often as it takes."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.open()
                    return
                except LOST:
                    await asyncio.sleep(0.2)

    async def change(self, label: str, value: int) -> None:
        """Set a number and wait for the picture that shows it.

        Raises:
            TimeoutError: the number was lost.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if self._lost:
                        await self.ask()
                        self._lost = False
                    else:
                        await self.set(label, value)
                    await self._shown(value)
                    return
                except LOST:
                    self.cut_off += 1
                    self._lost = True
                    await asyncio.sleep(0.2)
                except Failed:
                    await asyncio.sleep(AGAIN)

    async def _shown(self, value: int) -> None:
        """Wait for the picture, or until it is told that there is none."""
        told = len(self.told)
        while await self._next() != "flow" or self.shape[-1:] != [value]:
            if len(self.told) > told:
                raise Failed(self.told[-1])

    async def _next(self) -> str:
        kind = await super()._next()
        if self.said:
            self.told.append(self.said)
            self.said = ""
        return kind
