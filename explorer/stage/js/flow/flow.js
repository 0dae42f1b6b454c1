// The flow of a call: the stage, the docked source and number, and the bar with which one moves through them.

import { element, kept, onceAFrame, setText } from "../core/dom.js"
import { fill } from "../core/format.js"
import { readTheme } from "../core/theme.js"
import { ArithmeticView } from "../trail/arithmetic.js"
import { bus } from "../trail/bus.js"
import { readFrames } from "../xray/message.js"
import { Code } from "./code.js"
import { Cursor, stopsOf } from "./cursor.js"
import { graphOf } from "./graph.js"
import { onKey } from "./keys.js"
import { Scrub } from "./scrub.js"
import { Stage } from "./stage.js"

/**
 * @import { Bytes, Component, Words } from "../types.js" @import { Figure, State } from "./scene.js"
 * @import { Graph, Value } from "./graph.js" @import { Watcher } from "../trail/bus.js"
 */

/** Pixels that the stage has at least, and what lies below the flow on a page. */
const LOWEST = 380
const BELOW = 24

/** Modules of figures, each loaded once. @type {Map<string, Promise<Figure>>} */
const figures = new Map()

/** @param {string[]} names @returns {Promise<Figure[]>} */
export function loadFigures(names) {
  return Promise.all(names.map((name) => kept(figures, name, async () => (await import(`./figures/${name}`)).default)))
}

/** @implements {Watcher} */
export class Flow {
  /** @param {ShadowRoot|HTMLElement} parent */
  constructor(parent) {
    /** @type {Record<string, string>} */
    this.labels = {}
    /** @type {Words} */
    this.words = (key, parameters) => fill(this.labels[key] ?? key, parameters)
    /** @type {State} */
    this.state = { sample: 0, fold: false, filter: 0, query: null, touched: null, present: false }
    this.cursor = new Cursor(() => this.moved())
    this.stage = new Stage(this)
    this.code = new Code(this.words)
    this.arithmetic = new ArithmeticView(this)
    this.hint = element("p", { class: "hint" })
    this.account = element("section", { class: "account", tabindex: -1 }, this.hint, this.arithmetic.root)
    this.scrub = new Scrub(this.cursor, this.words, (on) => this.present(on))
    this.dock = element("div", { class: "dock" }, this.code.root, this.account)
    this.notes = element("p", { class: "notes" })
    this.blank = element("div", { class: "blank", hidden: true })
    this.root = element(
      "section",
      { class: "flow", "data-testid": "flow", tabindex: -1 },
      this.stage.root,
      this.notes,
      this.scrub.root,
      this.dock,
      this.blank,
    )
    this.onKey = (/** @type {KeyboardEvent} */ event) => onKey(this, event)
    document.addEventListener("keydown", this.onKey)
    parent.append(this.root)
    /** @type {Bytes|null} */
    this.data = null
    /** @type {Graph|null} */
    this.graph = null
    /** @type {Figure[]} */
    this.figures = []
    this.sequence = 0
    this.relayout = onceAFrame(() => this.layout())
    this.redraw = onceAFrame(() => this.stage.draw())
    this.observer = new ResizeObserver(() => this.relayout())
    this.observer.observe(this.root)
    const page = document.querySelector("[data-testid=stMainBlockContainer]") // what stands above may come later
    if (page) this.observer.observe(page)
    this.onWindow = () => this.relayout()
    addEventListener("resize", this.onWindow)
  }

  /** @param {Component} component */
  async update({ data }) {
    this.root.dataset.theme = readTheme(this.root).dark ? "dark" : "light"
    if (data !== this.data) {
      this.data = data
      const model = readFrames(data)
      const found = await loadFigures(model.options.figures ?? [])
      if (this.data !== data) return // a newer one came while the figures were loaded
      this.take(model, found)
    }
    this.relayout()
  }

  /** @param {import("../xray/message.js").Model} model @param {Figure[]} found */
  take(model, found) {
    this.labels = model.labels
    this.sequence += 1
    this.figures = found
    this.state.pointed = null
    this.graph = model.flow && graphOf(model, model.flow)
    if (!this.graph) return
    const touched = this.state.touched?.value.ids[0]
    const again = this.graph.values.find(({ ids }) => touched !== undefined && ids.includes(touched))
    this.state.touched = again && this.state.touched ? { value: again, cell: this.state.touched.cell } : null
    this.state.fold = this.graph.inputs.some(({ shape }) => shape.length > 2)
    const samples = Math.max(1, ...this.graph.inputs.map(({ shape }) => shape[0] ?? 1))
    this.state.sample = Math.min(this.state.sample, samples - 1)
    const at = this.cursor.at < this.cursor.stops.length ? this.cursor.at : null
    this.cursor.take(stopsOf(this.graph))
    if (at !== null && at <= this.cursor.stops.length) this.cursor.at = this.cursor.goal = at
    this.code.take(model)
    this.scrub.reset()
    this.stage.take(this.graph)
    setText(this.hint, this.words("flow.number.hint"))
    this.account.setAttribute("aria-label", this.words("flow.number"))
    this.root.setAttribute("aria-label", this.words("flow"))
    this.root.classList.toggle("stale", Boolean(model.options.stale))
    setText(this.notes, this.told(this.graph))
    bus.watch(this)
    this.moved()
  }

  /** What the stage does not draw. @param {Graph} graph */
  told({ operations, trials, inputs, outputs }) {
    const same = !operations.length && outputs.some((value) => inputs.includes(value))
    return [same ? this.words("flow.unchanged") : "", trials ? this.words("flow.trials", { count: trials }) : ""]
      .filter(Boolean)
      .join(" ")
  }

  /** The height that the window leaves: the flow ends where the window ends. */
  layout() {
    if (!this.graph || !this.root.clientWidth) return
    const { present } = this.state
    const above = present ? 0 : this.root.getBoundingClientRect().top + this.scrolled() + BELOW
    const rest = this.scrub.root.offsetHeight + this.dock.offsetHeight + this.notes.offsetHeight
    const height = Math.max(present ? 0 : LOWEST, innerHeight - above - rest)
    this.stage.resize(this.root.clientWidth, height)
    this.root.dataset.painted = String(this.sequence)
  }

  /** How far the page was scrolled: the height does not depend on it. */
  scrolled() {
    return document.querySelector("[data-testid=stMain]")?.scrollTop ?? scrollY
  }

  /** The cursor is somewhere else. */
  moved() {
    const { now, active } = this.cursor
    const operation = now && (active || this.cursor.stops.length === 1) ? now.operation : null
    const turns = operation?.turns.map(({ turn }) => this.words("flow.turn", { number: turn })).join(" · ") ?? ""
    this.code.update(operation, turns)
    this.scrub.update()
    this.redraw()
  }

  /** @param {Value} value @param {number} cell among its cells @param {number[]} index */
  touch(value, cell, index) {
    this.state.touched = { value, cell }
    bus.touch({ tensor: value.ids[0], index }, this)
    this.redraw()
  }

  /** @param {Partial<State>} state */
  set(state) {
    Object.assign(this.state, state)
    if ("sample" in state || "fold" in state) this.relayout()
    else this.redraw()
  }

  /** Show the flow to an audience: it fills the window, in large letters. @param {boolean} on */
  present(on) {
    this.state.present = on
    this.blank.hidden = true
    this.root.classList.toggle("present", on)
    this.scrub.present(on)
    if (on) this.root.focus({ preventScroll: true })
    this.code.again()
    this.layout()
    this.moved()
  }

  trailChanged() {
    const { pinned } = bus
    const value = pinned && this.graph?.values.find(({ ids }) => ids.includes(pinned.tensor))
    this.state.touched = value && pinned ? { value, cell: this.stage.cellOf(value, pinned) } : null
    this.hint.hidden = Boolean(pinned && bus.writer === this)
    this.arithmetic.update()
    this.stage.trailChanged()
    this.redraw()
  }

  /** @param {string} id of a tensor */
  shows(id) {
    return Boolean(this.graph?.values.some(({ ids }) => ids.includes(id)))
  }

  close() {
    bus.leave(this)
    this.cursor.stop()
    this.observer.disconnect()
    removeEventListener("resize", this.onWindow)
    document.removeEventListener("keydown", this.onKey)
    this.root.remove()
  }
}
