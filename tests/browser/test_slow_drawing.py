"""A browser that has not drawn the widgets anew yet when it tells something else."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable

from screen import Screen
from streamlit.proto.BackMsg_pb2 import BackMsg

_PASS_THROUGH = """{
  const { send } = WebSocket.prototype
  WebSocket.prototype.send = async function (bytes) {
    if (!window.changed) return send.call(this, bytes)
    const text = btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""))
    send.call(this, Uint8Array.from(atob(await window.changed(text)), (one) => one.charCodeAt(0)))
  }
}"""


def test_a_layer_that_the_browser_still_shows_is_not_chosen_by_a_fragment(visitor: Callable[..., Screen]) -> None:
    told: list[str] = []

    def changed(text: str) -> str:
        """Let the browser tell, with what a fragment asks for, the layer that it showed before the undo."""
        message = BackMsg.FromString(b64decode(text))
        if told and message.rerun_script.fragment_id:
            for widget in message.rerun_script.widget_states.widgets:
                if widget.id.endswith("-layer"):
                    widget.string_value = told[0]
                    told.append(message.rerun_script.fragment_id)
        return b64encode(message.SerializeToString()).decode()

    screen = visitor()
    screen.page.expose_function("changed", changed)
    screen.page.add_init_script(_PASS_THROUGH)
    screen.open({"layer": "linear", "params": {"units": 6}}).painted()
    screen.choose("layer", "Attention")
    screen.painted()
    told.append("Attention")
    screen.press("undo")
    screen.painted()
    screen.touch("output:0", 0, 0)
    assert len(told) > 1
    told.clear()
    screen.type("seed", "3")
    assert "layer=linear" in screen.link and "seed=3" in screen.link
    assert screen.typed("layer") == "Linear" and screen.shape("output:0") == (2, 6)
