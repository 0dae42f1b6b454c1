"""A button that copies the address of the page: the browser alone can do that."""

from __future__ import annotations

from explorer.stage.mount import component


def draw(*, copy: str, copied: str, failed: str, key: str) -> None:
    """Draw the button.

    Args:
        copy: its words.
        copied: its answer.
        failed: its answer where the browser keeps the clipboard from pages.
        key: the element's key.
    """
    said = {"copy": copy, "copied": copied, "failed": failed}
    component("layer_explorer_link", "link/main.js")(key=key, data=said, width="content")
