"""How an entry module of the stage's JavaScript becomes a Streamlit component."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer.stage.files import version

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@functools.cache
def component(name: str, entry: str) -> ComponentRenderer:
    """The component, registered once. Its code is a few lines; the modules come from the stage's own route.

    Args:
        name: the component's name.
        entry: the module whose default export draws it, as a path below `js`.
    """
    import streamlit as st

    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}/stage/{version()}" if base else f"/stage/{version()}"
    return st.components.v2.component(name, js=_LOADER.replace("ADDRESS", address).replace("ENTRY", entry))


_LOADER = """
let loaded, tries = 0

// A browser does not ask again for a module that it could not have: each further try has an address of its own.
async function load() {
  for (let pause = 250; ; pause *= 2) {
    const address = "ADDRESS" + (tries ? "~" + tries : "") + "/ENTRY"
    tries += 1
    try {
      return await import(new URL(address, location.origin).href)
    } catch (error) {
      if (pause > 10000) throw error
      await new Promise((done) => setTimeout(done, pause))
    }
  }
}

// Streamlit cleans up after a call that another one overtook as it waited. What both share is the later one's.
const latest = new WeakMap()

export default async function (component) {
  const call = {}
  const { parentElement } = component
  latest.set(parentElement, call)
  try {
    loaded ??= load().catch((error) => {
      loaded = undefined
      throw error
    })
    const cleanUp = await (await loaded).default(component)
    parentElement.querySelector(".not-drawn")?.remove()
    return () => latest.get(parentElement) === call && cleanUp?.()
  } catch (error) {
    const message = document.createElement("p")
    message.className = "not-drawn"
    message.setAttribute("role", "alert")
    message.textContent = "The picture could not be loaded: " + error
    const style = document.createElement("style")
    style.textContent = ".not-drawn ~ * { display: none !important }"
    message.append(style)
    parentElement.querySelector(".not-drawn")?.remove()
    parentElement.prepend(message) // what was drawn before is hidden, for it is no longer so; the next call draws there
    parentElement.host?.setAttribute("data-painted", "")
  }
}
"""


def cell(payload: Any) -> tuple[str, tuple[int, ...]] | None:
    """The cell that a message from the browser names; None if it is not one."""
    if not isinstance(payload, Mapping):
        return None
    tensor, index = payload.get("tensor"), payload.get("index")
    if not isinstance(tensor, str) or not isinstance(index, (list, tuple)):
        return None
    if not all(type(position) is int and position >= 0 for position in index):
        return None
    return tensor, tuple(index)


def event(key: str, name: str) -> Any:
    """What the component with that key last reported under a name."""
    import streamlit as st

    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None
