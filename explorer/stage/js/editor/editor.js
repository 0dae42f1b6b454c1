// The code editor: CodeMirror with a bar, the text that is typed, and what is said about its lines.

import {
  Compartment,
  EditorState,
  EditorView,
  isolateHistory,
  keymap,
  openLintPanel,
  Prec,
  pythonLanguage,
} from "../bundles/codemirror.js"
import { element, setText } from "../core/dom.js"
import { fill } from "../core/format.js"
import { readTheme } from "../core/theme.js"
import { bus } from "../trail/bus.js"
import { lightLine, lineMarks, markLines } from "./marks.js"
import { readEditor } from "./message.js"
import { lineNotes, setNotes } from "./notes.js"
import { keep, recall } from "./store.js"
import { difference, lineMap, opening, parses } from "./text.js"
import { phrases, typing } from "./typing.js"

/**
 * @import { Bytes, Component, Words } from "../types.js" @import { Message } from "./message.js"
 * @import { ViewUpdate } from "../bundles/codemirror.js"
 */

/** So many milliseconds after the last key the page hears of the text. */
const PAUSE = 600
/** Pixels: an editor that is not so wide has its notes behind a tap. */
const NARROW = 560
/** Pixels: one that is not so wide does not show dtypes. */
const MEDIUM = 860
const MAC = /Mac|iP(hone|ad)/.test(navigator.platform)

export class CodeEditor {
  /** @param {ShadowRoot} parent */
  constructor(parent) {
    /** @type {Message|null} */
    this.message = null
    /** What came while a character was being composed. @type {Message|null} */
    this.waiting = null
    /** @type {Bytes|null} */
    this.data = null
    /** @type {EditorView|null} */
    this.view = null
    /** @type {Words} */
    this.words = (key, parameters) => fill(this.message?.labels[key] ?? key, parameters)
    /** @type {(name: string, value: unknown) => void} */
    this.send = () => {}
    this.theme = readTheme(document.documentElement)
    this.narrow = false
    /** The server's text that the text here was typed on. */
    this.edition = 0
    /** The texts that the server has heard of last: at all, and to run. @type {string|null} */
    this.told = null
    /** @type {string|null} */
    this.ran = null
    this.pause = 0
    /** What the reader is told until they type. */
    this.news = ""
    this.settings = new Compartment()
    this.run = element("button", {
      type: "button",
      class: "run",
      onclick: () => this.runs(false),
      onmousedown: (event) => event.preventDefault(), // the text keeps the focus, so that no draft goes before the run
    })
    this.status = element("span", { class: "status", role: "status" })
    this.hint = element("span", { class: "hint", id: "hint" })
    this.code = element("div", { class: "code", onclick: (event) => this.presses(event) })
    this.bar = element("div", { class: "bar" }, this.run, this.status, this.hint)
    this.root = element("section", { class: "code-editor" }, this.code, this.bar)
    this.root.addEventListener("keydown", (event) => event.stopPropagation()) // no shortcut of the page's
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(/** @type {Node|null} */ (event.relatedTarget))) this.tell()
    })
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      this.narrow = contentRect.width < NARROW
      this.root.classList.toggle("narrow", this.narrow)
      this.root.classList.toggle("medium", contentRect.width < MEDIUM)
    })
    this.observer.observe(this.root)
    this.leave = bus.read((now) => this.passes(now))
    parent.append(this.root)
  }

  close() {
    this.leave()
    this.observer.disconnect()
    clearTimeout(this.pause)
    this.view?.destroy()
    this.root.remove()
  }

  get text() {
    return this.view?.state.doc.toString() ?? ""
  }

  /** @param {Component} component */
  update({ data, setTriggerValue }) {
    this.send = (name, value) => setTriggerValue(name, value)
    const { dark } = this.theme
    this.theme = readTheme(this.root)
    this.root.dataset.theme = this.theme.dark ? "dark" : "light"
    if (data !== this.data) {
      this.data = data
      const message = readEditor(data)
      if (this.view?.composing) this.waiting = message
      else this.take(message)
    } else if (dark !== this.theme.dark && this.message) this.write(this.message)
  }

  // -- what the server says

  /** @param {Message} message */
  take(message) {
    const before = this.message
    this.message = message
    this.waiting = null
    this.root.setAttribute("aria-label", this.words("editor"))
    this.run.replaceChildren(
      element("span", {}, this.words("editor.run")),
      element("kbd", { "aria-hidden": "true" }, MAC ? "⌘ ↵" : "Ctrl ↵"),
    )
    this.run.title = this.words("editor.run.help", { keys: MAC ? "⌘ ↵" : "Ctrl+Enter" })
    this.run.hidden = !message.can_run
    const typing = message.read_only ? "" : `${this.words("editor.hint")} `
    setText(this.hint, typing + this.words("editor.hint.notes"))
    const same = this.view !== null && before?.document === message.document
    if (same) this.follow(message)
    else this.open(message)
    if (message.of !== null && before?.of !== message.of) this.keep()
    const again = same && before.said === message.said
    if (!again) this.write(message)
    if (!again || before.now !== message.now) this.light(message.now)
    this.compare()
    this.root.dataset.painted = String(message.edition)
  }

  /** Begin with a document: the server's text, or what was typed on it before a reload. @param {Message} message */
  open(message) {
    const { text, edition, document, read_only } = message
    const kept = read_only ? null : recall(document)
    const begun = opening({ text, version: edition, of: message.of ?? text }, kept)
    this.edition = edition
    this.told = text
    this.ran = message.of
    clearTimeout(this.pause)
    this.view?.destroy()
    this.view = new EditorView({
      root: /** @type {ShadowRoot} */ (this.root.getRootNode()),
      parent: this.code,
      state: EditorState.create({
        doc: begun.other ?? begun.text,
        extensions: [
          Prec.highest(keymap.of(["Mod-Enter", "Ctrl-Enter"].map((key) => ({ key, run: () => this.runs(false) })))),
          this.settings.of(this.settingsOf(message)),
          lineNotes(this),
          lineMarks,
          typing(matchMedia("(prefers-reduced-motion: reduce)").matches),
          EditorView.updateListener.of((update) => this.changed(update)),
          EditorView.domEventHandlers({ compositionend: () => void setTimeout(() => this.composed()) }),
        ],
      }),
    })
    const ran = kept?.of === text && kept.text === text
    if (message.of === null && message.resumes && ran) this.runs(false)
    if (begun.other === null) return
    this.replace(begun.text)
    this.news = this.words(begun.text === text ? "editor.replaced" : "editor.restored")
    this.tell()
  }

  /** A newer text of the server's takes the place of this one; undo brings this one back. @param {Message} message */
  follow(message) {
    const view = /** @type {EditorView} */ (this.view)
    view.dispatch({ effects: this.settings.reconfigure(this.settingsOf(message)) })
    if (message.edition === this.edition) return
    if (message.edition < this.edition) {
      this.edition = message.edition // a session that began anew counts anew, and has not heard of this text
      this.told = message.text
      return this.rest()
    }
    const lost = this.text !== this.told && this.text !== message.text
    this.edition = message.edition
    this.told = message.text
    clearTimeout(this.pause)
    this.replace(message.text)
    this.news = lost ? this.words("editor.replaced") : ""
  }

  /** @param {Message} message */
  settingsOf({ labels, read_only }) {
    return [
      phrases(labels),
      EditorState.readOnly.of(read_only),
      EditorView.contentAttributes.of({
        "aria-label": this.words("editor.code"),
        "aria-describedby": "hint",
        ...(read_only ? { "aria-readonly": "true" } : {}),
      }),
    ]
  }

  /** @param {string} text */
  replace(text) {
    const view = /** @type {EditorView} */ (this.view)
    view.dispatch({ changes: difference(this.text, text), annotations: isolateHistory.of("full"), userEvent: "server" })
  }

  /** Put what is said about lines beside them. @param {Message} message */
  write({ of, marks, notes }) {
    const view = /** @type {EditorView} */ (this.view)
    const place = lineMap(of ?? "", this.text)
    const moved = marks.map((mark) => ({ ...mark, line: place(mark.line) }))
    const placed = notes.flatMap((note) => {
      const line = place(note.line)
      return line ? [{ note, from: view.state.doc.line(line).from }] : []
    })
    for (const change of markLines(view.state, moved)) view.dispatch(change)
    view.dispatch({ effects: setNotes.of(placed) })
  }

  /** Light a line of the text that ran. @param {number} line 0: none */
  light(line) {
    if (this.view) lightLine(this.view, lineMap(this.message?.of ?? "", this.text)(line))
  }

  /** Tell whether what is beside the lines is about this very text. */
  compare() {
    const { message } = this
    if (!message) return
    const stale = message.of !== null && message.of !== this.text
    const { length } = this.text
    const long = length > message.limit
    this.root.classList.toggle("stale", stale)
    this.run.disabled = long
    const said = long ? this.words("editor.long", { count: length, limit: message.limit }) : this.news
    setText(this.status, said || (stale ? this.words("editor.changed") : ""))
  }

  /** The flow's cursor passes a line of the text that ran. @param {import("../trail/bus.js").Line|null} now */
  passes(now) {
    const lines = this.message?.of?.split("\n") ?? []
    this.light(now && lines[now.line - 1]?.trim() === now.text.trim() ? now.line : 0)
  }

  // -- what the reader does

  /** @param {ViewUpdate} update */
  changed({ docChanged, transactions }) {
    if (!docChanged || !this.message) return
    this.keep()
    if (!transactions.some((transaction) => transaction.isUserEvent("server"))) {
      this.news = ""
      this.rest()
    }
    this.compare()
  }

  /** Let the browser keep what stands here. */
  keep() {
    if (!this.message || this.message.read_only) return
    const { document, of, text } = this.message
    keep(document, { text: this.text, version: this.edition, of: of ?? text })
  }

  /** Wait until the reader pauses. */
  rest() {
    clearTimeout(this.pause)
    this.pause = setTimeout(() => {
      if (this.view?.composing) return this.rest()
      const { text, message } = this
      const runs = message?.by_itself && text !== this.ran && text.length <= message.limit
      if (runs && parses(text, pythonLanguage.parser)) this.runs(true)
      else this.tell()
    }, PAUSE)
  }

  composed() {
    if (this.waiting && !this.view?.composing) this.take(this.waiting)
  }

  /** The page hears of the text, unless it knows it. */
  tell() {
    clearTimeout(this.pause)
    const { text } = this
    if (!this.message || this.message.read_only || text === this.told || text.length > this.message.limit) return
    this.told = text
    this.send("draft", { text, version: this.edition })
  }

  /** @param {boolean} byItself @returns {boolean} */
  runs(byItself) {
    clearTimeout(this.pause)
    const { text, message } = this
    if (!message?.can_run || text.length > message.limit) return true
    this.told = this.ran = text
    this.send("run", { text, version: this.edition, by_itself: byItself })
    return true
  }

  /** A press on a mark lists all of them: where nothing hovers, that is the way to their words. @param {Event} event */
  presses({ target }) {
    if (this.view && target instanceof Element && target.closest(".cm-lint-marker")) openLintPanel(this.view)
  }

  /** @param {string} tensor that was chosen beside a line */
  select(tensor) {
    this.send("select", tensor)
  }
}
