// The flow of a call: the stage, the docked source and number, and the bar with which one moves through them.

import { element, focusedNear, kept, onceAFrame, setText } from "../core/dom.js"
import { exactText, figureText, fill, indexText } from "../core/format.js"
import { readTheme } from "../core/theme.js"
import { ArithmeticView } from "../trail/arithmetic.js"
import { Code } from "./code.js"
import { Cursor, stopsOf } from "./cursor.js"
import { graphOf } from "./graph.js"
import { onKey } from "./keys.js"
import { labelOf, unflat } from "./kinds.js"
import { Knobs } from "./knobs.js"
import { Lens } from "./lens.js"
import { isParameter, Live } from "./live.js"
import { readFrames } from "./message.js"
import { legendOf, toldBy } from "./origins.js"
import { partOf } from "./part.js"
import { NARROW } from "./places.js"
import { Scrub } from "./scrub.js"
import { Share } from "./share.js"
import { Stage } from "./stage.js"

/**
 * @import { Bytes, Component, Words } from "../types.js" @import { Figure, State } from "./scene.js"
 * @import { Graph, Operation, Value } from "./graph.js" @import { Model } from "./message.js"
 * @import { Bus, Watcher } from "../trail/bus.js"
 *
 * @typedef {object} Around what lies around a flow
 * @property {EventTarget} keys where the keys are heard @property {(on: boolean) => void} fill lets it fill the window, where its
 *   style alone does not @property {boolean} shares whether what is shown has a link
 *
 * @typedef {{label: string, places: Set<string>}} Opened a folded part that is open: its operations, by their places
 */

/** Pixels that the stage has at least, and what lies below the flow on a page. */
const LOWEST = 380
const BELOW = 24
/** Pixels that a narrow stage has at most: there the page is scrolled. */
const TALLEST = 760
/** So many milliseconds after the reader came to rest the page hears where. */
const REST = 800

/** Modules of figures, each loaded once. @type {Map<string, Promise<Figure>>} */
const figures = new Map()

/** @param {string[]} names @returns {Promise<Figure[]>} */
export function loadFigures(names) {
  const load = async (/** @type {string} */ name) => {
    try {
      return (await import(`./figures/${name}`)).default
    } catch (error) {
      figures.delete(name) // asked for again with the next call
      throw error
    }
  }
  return Promise.all(names.map((name) => kept(figures, name, () => load(name))))
}

/** @implements {Watcher} */
export class Flow {
  /** @param {ShadowRoot|HTMLElement} parent @param {Bus} bus @param {Around} around */
  constructor(parent, bus, around = { keys: document, fill: () => {}, shares: true }) {
    this.bus = bus
    this.around = around
    /** @type {Record<string, string>} */
    this.labels = {}
    /** @type {Words} */
    this.words = (key, parameters) => fill(this.labels[key] ?? key, parameters)
    /** @type {State} */
    this.state = { sample: 0, fold: false, filter: 0, query: null, touched: null, present: false, origin: "" }
    /** The tape that tells where the cells of the call come from, once it came. @type {import("../tape/tape.js").Tape|null} */
    this.traced = null
    /** @type {import("./origins.js").Told|null} */
    this.told = null
    this.theme = readTheme(document.documentElement)
    /** @type {((name: string, value: unknown) => void)|null} */
    this.send = null
    this.live = new Live(() => this.liveChanged(), bus)
    this.cursor = new Cursor(() => this.moved())
    this.stage = new Stage(this)
    this.lens = new Lens(this)
    this.code = new Code(this.words, (at) => this.visit(at))
    this.arithmetic = new ArithmeticView(bus)
    this.hint = element("p", { class: "hint" })
    this.account = element("section", { class: "account", tabindex: -1 }, this.hint, this.arithmetic.root)
    this.scrub = new Scrub(this.cursor, this.words, {
      present: (on) => this.present(on),
      lens: () => this.toggleLens(),
      share: around.shares ? () => this.share.show() : null,
      brush: (brush) => this.stage.drag.choose(brush),
      origin: (name) => this.colourBy(name),
    })
    this.dock = element("div", { class: "dock" }, this.code.root, this.account)
    this.crumbs = element("nav", { class: "crumbs", hidden: true })
    this.notes = element("p", { class: "notes" })
    this.computed = element("p", { class: "computed", role: "status" })
    this.knobs = new Knobs(this)
    this.legend = element("div", { class: "origins", hidden: true })
    this.status = element("div", { class: "status" }, this.computed, this.legend, this.knobs.root)
    this.veil = element("p", { class: "veil", role: "status", hidden: true })
    this.blank = element("div", { class: "blank", hidden: true })
    this.share = new Share(bus)
    this.title = element("header", { class: "title-bar" })
    this.board = element("div", { class: "boards" }, this.stage.root, this.lens.root, this.veil)
    this.root = element(
      "section",
      { class: "flow", "data-testid": "flow", tabindex: -1 },
      this.title,
      this.crumbs,
      this.board,
      this.notes,
      this.status,
      this.scrub.root,
      this.dock,
      this.share.root,
      this.blank,
    )
    this.onKey = (/** @type {Event} */ event) => onKey(this, /** @type {KeyboardEvent} */ (event))
    around.keys.addEventListener("keydown", this.onKey)
    this.root.addEventListener("pointerenter", () => this.live.want())
    this.root.addEventListener("focusin", () => this.live.want())
    parent.append(this.root)
    /** @type {Bytes|null} */
    this.data = null
    /** @type {Model|null} */
    this.model = null
    /** @type {Graph|null} the whole call */
    this.whole = null
    /** @type {Graph|null} what is drawn: the whole call, or a part that was opened */
    this.graph = null
    /** @type {Opened[]} the outermost first */
    this.path = []
    /** @type {Figure[]} */
    this.figures = []
    this.sequence = 0
    this.rested = { at: "", present: false, origin: "" }
    this.resting = 0
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
  async update({ data, setTriggerValue }) {
    this.send = (name, value) => setTriggerValue(name, value)
    this.theme = readTheme(this.root)
    this.root.dataset.theme = this.theme.dark ? "dark" : "light"
    this.showLegend()
    if (data !== this.data) {
      this.data = data
      const model = readFrames(data)
      const found = await loadFigures(model.options.figures ?? [])
      if (this.data !== data) return // a newer one came while the figures were loaded
      this.take(model, found)
    }
    this.relayout()
  }

  /** @param {Model} model @param {Figure[]} found */
  take(model, found) {
    const { options } = model
    this.model = model
    this.labels = model.labels
    this.sequence += 1
    this.figures = found
    this.whole = graphOf(model)
    this.state.pointed = null
    const at = this.cursor.at < this.cursor.stops.length ? this.cursor.at : null
    this.state.fold = this.whole.inputs.some(({ shape }) => shape.length > 2)
    const samples = Math.max(1, ...this.whole.inputs.map(({ shape }) => shape[0] ?? 1))
    this.state.sample = Math.min(this.state.sample, samples - 1)
    this.code.take(model)
    this.open(this.path)
    if (at !== null && at <= this.cursor.stops.length) this.cursor.at = this.cursor.goal = at
    this.live.take(model, this.whole)
    this.lens.take(model, this.whole)
    this.account.setAttribute("aria-label", this.words("flow.number"))
    const [name, ...captions] = options.captions ?? []
    this.title.replaceChildren(
      ...(name ? [element("h2", {}, name)] : []),
      element("div", {}, ...captions.map((caption) => element("p", {}, caption))),
    )
    this.crumbs.setAttribute("aria-label", this.words("flow.path"))
    this.root.setAttribute("aria-label", this.words("flow"))
    this.root.dataset.shape = this.whole.outputs[0]?.shapes.at(-1)?.join() ?? ""
    this.root.classList.toggle("stale", Boolean(options.stale))
    this.veil.hidden = !options.stale
    setText(this.veil, this.words("stale"))
    setText(this.notes, [...(options.notes ?? []), ...this.unsaid(this.whole)].join(" "))
    this.bus.watch(this)
    const { at: place = "", present = false, origin = "" } = options
    if (place !== this.rested.at) this.visit(place)
    if (present !== this.rested.present) this.present(present)
    if (origin !== this.rested.origin) this.state.origin = origin
    this.rested = { at: place, present, origin }
    this.liveChanged()
    this.moved()
  }

  /** What the stage does not draw. @param {Graph} graph */
  unsaid({ operations, trials, inputs, outputs }) {
    const same = !operations.length && outputs.some((value) => inputs.includes(value))
    return [
      same ? this.words("flow.unchanged") : "",
      trials ? this.words("flow.trials", { count: trials }) : "",
    ].filter(Boolean)
  }

  // -- parts

  /** Go into a folded part. @param {Operation[]} operations @param {string} label what the block is called */
  enter(operations, label) {
    if (operations.length === this.graph?.operations.length) return // nothing is left out: it would look the same
    this.open([...this.path, { label, places: new Set(operations.map(({ at }) => at)) }])
    this.root.focus({ preventScroll: true })
  }

  /** Come out of the innermost part, behind it. */
  out() {
    const last = this.path[this.path.length - 1]
    if (!last) return false
    this.open(this.path.slice(0, -1))
    const stop = this.cursor.stops.findLastIndex(({ operations }) => operations.some(({ at }) => last.places.has(at)))
    if (stop >= 0) this.cursor.set(stop + 1)
    return true
  }

  /** Draw what lies inside of some parts, one in the other, as far as this call has them. @param {Opened[]} path */
  open(path) {
    const { whole } = this
    if (!whole) return
    let graph = whole
    this.path = []
    for (const part of path) {
      const members = graph.operations.filter(({ at }) => part.places.has(at))
      if (members.length !== part.places.size) break
      graph = partOf(members)
      this.path.push(part)
    }
    const { touched } = this.state
    const again = touched && graph.values.find(({ ids }) => ids.includes(touched.value.ids[0]))
    this.state.touched = again ? { value: again, cell: touched.cell } : null
    this.graph = graph
    this.cursor.take(stopsOf(graph))
    this.scrub.reset()
    this.stage.take(graph)
    this.crumbs.hidden = !this.path.length
    const levels = [{ label: this.words("flow.whole") }, ...this.path]
    this.crumbs.replaceChildren(
      ...levels.map(({ label }, depth) =>
        element(
          "button",
          { type: "button", disabled: depth === this.path.length, onclick: () => this.open(this.path.slice(0, depth)) },
          label,
        ),
      ),
    )
    this.moved()
    this.relayout()
  }

  // -- what is computed here

  /** @param {Bytes} tape */
  tapeCame(tape) {
    this.live.came(tape)
  }

  /** Numbers changed, or it is known now whether they can. */
  liveChanged() {
    const { live, words } = this
    this.root.dataset.live = live.state
    if (this.traced !== live.told) this.originsCame(live.told)
    this.scrub.offer(live.state === "refused" ? [] : (this.model?.options.editable ?? []))
    this.root.dataset.hand = live.hand ? String(live.number) : ""
    this.root.classList.toggle("computing", Boolean(live.hand))
    setText(this.computed, this.computedText(live, words))
    this.arithmetic.follow(live.hand ? (cell) => live.now(cell) : null)
    this.lens.numbersChanged()
    this.knobs.update()
    this.redraw()
  }

  /** It is known now where the cells come from, or not any more. @param {import("../tape/tape.js").Tape|null} tape */
  originsCame(tape) {
    this.traced = tape
    this.told = this.model && toldBy(tape, this.model, this.words)
    this.scrub.offerOrigins(this.told?.axes ?? [], this.state.origin)
    this.showLegend()
  }

  /** Colour cells by where they come from on an axis of an input; "": by their numbers. @param {string} name */
  colourBy(name) {
    this.state.origin = name
    this.showLegend()
    this.redraw()
    this.rest()
  }

  showLegend() {
    const axis = this.told?.axes.find(({ name }) => name === this.state.origin)
    this.legend.hidden = !axis
    this.root.dataset.origin = axis?.name ?? ""
    if (axis) this.legend.replaceChildren(...legendOf(axis, this.theme.dark, this.words))
  }

  /** @param {Live} live @param {Words} words */
  computedText({ hand, agreement, state, why, tooMany, most }, words) {
    if (tooMany) return words("live.many", { count: most })
    if (hand?.why) return words(hand.why)
    const pinned = hand && this.bus.pinned
    const now = pinned && this.live.now(pinned)
    if (now)
      return words("live.computing.cell", { cell: indexText(pinned.index), value: now.text, name: this.nameOf(pinned) })
    if (hand) return words("live.computing")
    if (agreement) {
      const { same, cells, largest } = agreement
      return words("live.agreement", { same, cells, largest: figureText(largest) })
    }
    if (state !== "refused") return ""
    return words("live.refused", { why: why.texts.join(" ") || words(why.key, { kinds: why.kinds }) })
  }

  /** What a cell's tensor is called. @param {import("../trail/bus.js").Cell} cell */
  nameOf({ tensor }) {
    const value = this.whole?.values.find(({ ids }) => ids.includes(tensor))
    return (value && labelOf(value)) || this.words("flow.unnamed")
  }

  /** A number in the hand for a field, with those that the brush changes with it. @param {string} id @param {number} cell */
  trial(id, cell) {
    const { brush } = this.stage.drag
    const value = this.graph?.values.find(({ ids }) => ids.includes(id))
    return this.live.trial(id, value ? this.stage.drag.cellsWith(value, cell) : [cell], cell, brush === "one_hot")
  }

  /** The numbers in the hand stay: one change for Python. */
  settle() {
    const sent = this.live.keep()
    if (sent) this.tell(sent)
    this.liveChanged()
  }

  /** @param {import("./live.js").Sent} sent */
  tell({ id, cells, numbers }) {
    if (isParameter(id)) {
      const { dtype } = /** @type {import("../tape/tape.js").Tape} */ (this.live.tape).leaf(id)
      return this.send?.("edit", { tensor: id, cells: [[[], exactText(numbers[0], dtype)]] })
    }
    const { shape, dtype } = /** @type {Model} */ (this.model).known(/** @type {number} */ (this.model?.number(id)))
    const set = cells.map((cell, at) => [unflat(shape, cell), exactText(numbers[at], dtype)])
    this.send?.("edit", { tensor: id, cells: set })
  }

  /** A field is done: what was typed for one cell, or what was computed with it for several. @param {string} tensor @param {number[]} index @param {string} text */
  commit(tensor, index, text) {
    const { sent } = this.live
    if (sent && sent.cells.length > 1) this.tell(sent)
    else this.send?.("edit", { tensor, cells: [[index, text]] })
  }

  // -- places

  /** The height that the window leaves: the flow ends where the window ends. */
  layout() {
    if (!this.graph || !this.root.clientWidth) return
    const { present } = this.state
    const { tall } = this.model?.options ?? {}
    const above = present ? 0 : this.root.getBoundingClientRect().top + this.scrolled() + BELOW
    const parts = [this.title, this.scrub.root, this.dock, this.notes, this.status, this.crumbs]
    const rest = parts.reduce((sum, part) => sum + part.offsetHeight, 0)
    const width = this.board.clientWidth // without the margins that it has before an audience
    const least = present ? 0 : width < NARROW ? TALLEST : LOWEST
    const height = !present && tall ? tall : Math.max(least, innerHeight - above - rest)
    const other = width !== this.stage.width
    this.stage.resize(width, height)
    if (other) {
      this.code.again() // its lines wrap elsewhere
      this.source()
    }
    const example = this.stage.plan?.blocks.some((block) => block.kind === "figure" && block.figure.example)
    setText(this.hint, this.words(example ? "flow.number.example" : "flow.number.hint"))
    this.lens.arrange()
    this.scrub.spread()
    this.root.dataset.painted = String(this.sequence)
    const home = this.root.getRootNode()
    if (home instanceof ShadowRoot) home.host.setAttribute("data-painted", "") // the page waits for it
  }

  /** How far the page was scrolled: the height does not depend on it. */
  scrolled() {
    return document.querySelector("[data-testid=stMain]")?.scrollTop ?? scrollY
  }

  /** What has the focus inside of the flow. */
  focused() {
    return focusedNear(this.root)
  }

  /** The operation whose source is shown: where the cursor stands; at its end, what made the touched cell. */
  get operation() {
    const { now, active, stops } = this.cursor
    if (now && active) return now.operation
    return this.state.touched?.value.maker ?? (now && stops.length === 1 ? now.operation : null)
  }

  /** Show the source of where the cursor stands. */
  source() {
    const { operation } = this
    const turns = operation?.turns.map(({ turn }) => this.words("flow.turn", { number: turn })).join(" · ") ?? ""
    this.code.update(operation, turns, !this.cursor.active)
  }

  /** The cursor is somewhere else. */
  moved() {
    this.source()
    this.root.dataset.at = this.operation?.at ?? ""
    this.scrub.update()
    this.redraw()
    this.rest()
  }

  /** Move the cursor to a place of the link, or to the operation before it; "" is the end. @param {string} at */
  visit(at) {
    const { stops } = this.cursor
    if (!at) return this.cursor.set(stops.length)
    const [frame, step] = at.split(":")
    const found = stops.findLastIndex(({ operations }) =>
      operations.some((one) => {
        const [itsFrame, itsStep] = one.at.split(":")
        return itsFrame === frame && Number(itsStep) <= Number(step)
      }),
    )
    if (found >= 0) this.cursor.set(found + 1)
  }

  /** Tell the page where the reader came to rest, and whether it is shown to an audience. */
  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      if (this.cursor.moving || !this.graph) return
      const at = this.cursor.at < this.cursor.stops.length ? (this.cursor.now?.operation.at ?? "") : ""
      const { present, origin } = this.state
      if (at === this.rested.at && present === this.rested.present && origin === this.rested.origin) return
      this.rested = { at, present, origin }
      this.bus.look?.(this.rested)
    }, REST)
  }

  // -- what the reader does

  /** @param {Value} value @param {number} cell among its cells @param {number[]} index */
  touch(value, cell, index) {
    this.state.touched = { value, cell }
    this.bus.touch({ tensor: value.ids[0], index })
    this.moved()
  }

  /** @param {Partial<State>} state */
  set(state) {
    Object.assign(this.state, state)
    if ("sample" in state || "fold" in state) this.relayout()
    else this.redraw()
  }

  /** Open a tensor large, or go back to the stage. @param {string} [id] the touched one's where there is none */
  toggleLens(id) {
    if (this.lens.open && !id) return this.lens.hide()
    this.lens.show(id ?? this.bus.pinned?.tensor)
    this.lens.chosen()?.focus({ preventScroll: true })
  }

  /** Show the flow to an audience: it fills the window, in large letters. @param {boolean} on */
  present(on) {
    this.state.present = on
    this.around.fill(on)
    this.blank.hidden = true
    this.share.show(false)
    this.root.classList.toggle("present", on)
    this.scrub.present(on)
    if (on) this.root.focus({ preventScroll: true })
    this.code.again()
    this.layout()
    this.moved()
  }

  trailChanged() {
    const { pinned } = this.bus
    const value = pinned && this.graph?.values.find(({ ids }) => ids.includes(pinned.tensor))
    this.state.touched = value && pinned ? { value, cell: this.stage.cellOf(value, pinned) } : null
    this.hint.hidden = Boolean(pinned)
    this.share.update(this.words)
    this.arithmetic.update()
    this.stage.trailChanged()
    this.lens.trailChanged()
    this.moved()
  }

  close() {
    this.bus.leave(this)
    clearTimeout(this.resting)
    this.cursor.stop()
    this.lens.close()
    this.observer.disconnect()
    removeEventListener("resize", this.onWindow)
    this.around.keys.removeEventListener("keydown", this.onKey)
    this.root.remove()
  }
}
