"""What comes from a link, a file or a layer is shown as text: no other way leads onto the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_text import violations

import explorer.views
from explorer.views.foreign_text import code, escape, marked

VIEWS = Path(explorer.views.__file__).parent
PLANTED = (
    'def show(name):\n    st.caption(name)\n',
    'def show(name):\n    st.markdown(f"**{name}**")\n',
    'def show(t, name):\n    st.caption(t("From {name}", name=name))\n',
    'def show(t, problem):\n    st.error(t.message(problem.what))\n',
    'def show(t, note):\n    st.toast(t.message(note))\n',
    'def show(rows):\n    st.table({"name": [row.name for row in rows]})\n',
    'def show(layer):\n    text = layer.name\n    st.button("Open", help=text)\n',
    'def show(names):\n    for name in names:\n        st.markdown(" · ".join(["a", name]))\n',
    'def show(t, column, name):\n    column.metric("Largest", name)\n    column.metric(name, "1")\n',
    'def label(name):\n    return f"`{name}`"\n\ndef show(name):\n    st.subheader(label(name))\n',
    'def show(name):\n    st.text_input("Name", placeholder=name)\n',
    'show = lambda name: st.info("Read " + name)\n',
    'def show(name):\n    st.metric("Name", name)\n',
    'def show(name):\n    st.metric("Largest", "1", delta=name)\n',
    'def show(names):\n    st.pills("Names", names)\n',
    'def show(names):\n    st.radio("Names", options=names)\n',
    'def show(names):\n    st.segmented_control("Names", names, format_func=lambda name: names[name].name)\n',
    'def show(names):\n    def label(name):\n        return names[name]\n    st.pills("", [1], format_func=label)\n',
    'class A:\n    def show(self, n):\n        st.caption(n)\n\nclass B:\n    def show(self):\n        pass\n',
    'name = read()\nst.caption(name)\n',
    'async def show(name):\n    st.caption(name)\n',
)  # fmt: skip
SOUND = (
    'def show(t):\n    st.caption(t("Nothing yet"))\n',
    'def show(t, name, count):\n    st.caption(t("{n} of {name}", n=f"{count:,}", name=escape(name)))\n',
    "def show(t, note):\n    st.toast(marked(t.message(note)))\n",
    'def show(names):\n    told = [f"`{code(name)}`" for name in names]\n    st.markdown(" · ".join(told))\n',
    "def show(kind):\n    st.badge(ICONS[kind])\n",
    'def show(names):\n    st.pills("Names", names, format_func=lambda name: escape(names[name]))\n',
)
HOSTILE = (
    "[x](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "http://evil.example",
    "https://evil.example/a_b",
    "www.evil.example",
    "someone@evil.example",
    "<script>alert(1)</script>",
    "<b>x</b>",
    ":red[x]",
    ":material/delete:",
    ":smile:",
    "$x^2$",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "**bold**",
    "`code`",
    "``` \ncode\n```",
    "***",
    "a\n\nb",
    "&lt;b&gt;",
    "[^1]",
    "~~x~~",
    "\\*x\\*",
    ":blue-badge[x]",
    "a\rb",
    "a\r\r    b",
    "a\r\n\r\n[x](y)",
    "a\u2028b",
    "a\x0bb",
    ":material/delete:",
)


def test_no_view_shows_foreign_text_as_markup() -> None:
    found = [one for path in sorted(VIEWS.rglob("*.py")) for one in violations(path.read_text(), path.name)]
    assert found == []


@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_violation_is_found(source: str) -> None:
    assert list(violations(source))


@pytest.mark.parametrize("source", SOUND)
def test_what_is_made_page_text_is_let_through(source: str) -> None:
    assert list(violations(source)) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_has_no_markup_and_keeps_its_letters(text: str) -> None:
    shown = escape(text)
    for mark in "*_[]<>#`$~|&":
        assert shown.count(mark) == shown.count(f"\\{mark}"), mark
    assert "\n" not in shown and "://" not in shown.replace("\\", "")
    assert shown.replace("\u2060", "").replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == re.sub(
        r"\r\n|[\n\r\x0b\u2028]", " ", text
    )
    assert all(len(made.splitlines()) == 1 for made in (shown, code(text), marked(text)))
    assert "`" not in code(text) and ":material" not in code(text)
    assert marked(text).count("[") == marked(text).count("\\[") or "`" in text
