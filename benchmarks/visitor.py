"""A visitor without a browser: speaks Streamlit's protocol, changes a number, waits for the stage's new bytes."""

from __future__ import annotations

import json
import struct
import time
from urllib.parse import parse_qsl, urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0
"""Seconds that a visitor waits for a picture before it is called starved."""


class Visitor:
    """One open page of the explorer.

    Args:
        port: where the server answers.
        query: the link's query parameters.
    """

    def __init__(self, port: int, query: dict[str, str]) -> None:
        self._port = port
        self._query = query
        self._socket: ClientConnection | None = None
        self._session = ""
        self._page = ""
        self._numbers: dict[str, str] = {}
        self._values: dict[str, int] = {}
        self.shape: list[int] = []
        """The shape of the output that was shown last."""
        self.said = ""
        """The words of the error or the warning that was shown last."""

    async def open(self) -> None:
        """Connect, ask for the explore page, and wait for its first flow and for the run's end."""
        await self.ask()
        while await self._next() != "script_finished" or not self.shape:
            pass

    async def answered(self) -> None:
        """Wait for the run's end with a picture or with a sentence that says why there is none."""
        while await self._next() != "script_finished" or not (self.shape or self.said):
            pass

    async def ask(self) -> None:
        """Connect and ask for the explore page; does not wait.

        Once it was connected it asks for the same session again, and says what its numbers are, as a page does.
        """
        address = f"ws://127.0.0.1:{self._port}/_stcore/stream"
        names = ["streamlit", "no-token", self._session] if self._session else ["streamlit"]
        self._socket = await connect(address, subprotocols=names, max_size=None, compression=None)  # type: ignore[arg-type]
        message = self._request()
        state = message.rerun_script
        state.query_string, state.page_name = urlencode(self._query), "explore"
        state.context_info.locale, state.context_info.url = "en-US", f"http://127.0.0.1:{self._port}/explore"
        await self._socket.send(message.SerializeToString())

    async def set(self, label: str, value: int) -> None:
        """Change a number; does not wait."""
        assert self._socket is not None
        self._values[label] = value
        await self._socket.send(self._request().SerializeToString())

    def _request(self) -> BackMsg:
        """To run the script with the numbers that were set."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash = self._page
        for label, value in self._values.items():
            widget = state.widget_states.widgets.add()
            widget.id, widget.int_value = self._numbers[label], value
        return message

    async def until(self, width: int) -> None:
        """Wait until the flow is sent an output whose last axis is `width`."""
        while await self._next() != "flow" or self.shape[-1:] != [width]:
            pass

    async def timed(self, label: str, width: int) -> float:
        """Set the number that is the output's width, and wait for its picture and for the end of the run.

        Returns:
            Milliseconds until the flow's new bytes were there.
        """
        sent = now()
        await self.set(label, width)
        await self.until(width)
        elapsed = now() - sent
        await self.finished()
        return elapsed

    async def finished(self) -> None:
        """Wait for the end of the run."""
        while await self._next() != "script_finished":
            pass

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()

    async def _next(self) -> str:
        """Take one message from the server; what it is about."""
        assert self._socket is not None
        message = ForwardMsg()
        message.ParseFromString(await self._socket.recv(decode=False))
        kind = str(message.WhichOneof("type"))
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id
        if kind == "page_info_changed":
            self._query = dict(parse_qsl(message.page_info_changed.query_string, keep_blank_values=True))
        if kind == "navigation":
            self._page = message.navigation.page_script_hash
        if kind != "delta":
            return kind
        element = message.delta.new_element
        if element.WhichOneof("type") == "exception":
            raise RuntimeError(f"An exception on the page: {element.exception.message}")
        if element.WhichOneof("type") == "number_input":
            self._numbers[element.number_input.label] = element.number_input.id
        if element.WhichOneof("type") == "alert" and element.alert.format in (Alert.ERROR, Alert.WARNING):
            self.said = element.alert.body
        if element.bidi_component.component_name == "layer_explorer_flow":
            self.shape = _output_shape(element.bidi_component.bytes)
            return "flow"
        return kind


def _output_shape(message: bytes) -> list[int]:
    """The shape of the last output in the flow's message; [] of a call that failed."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    if not header["flow"]["outputs"]:
        return []
    value = header["flow"]["values"][header["flow"]["outputs"][-1]]
    shape: list[int] = header["arrays"][header["tensor_array"][value["tensors"][-1]]]["shape"]
    return shape


def now() -> float:
    """Milliseconds on a clock that never goes back."""
    return time.perf_counter() * 1000
