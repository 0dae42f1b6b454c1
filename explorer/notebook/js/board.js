// A flow on a page that is not the app's: in colours of that page, with its tape beside it, and with or without Python.

import { element, setText } from "../../stage/js/core/dom.js"
import { fill } from "../../stage/js/core/format.js"
import stage from "../../stage/js/core/stage.css"
import { given, styled } from "../../stage/js/core/style.js"
import flowStyle from "../../stage/js/flow/flow.css"
import { Flow } from "../../stage/js/flow/flow.js"
import arithmetic from "../../stage/js/trail/arithmetic.css"
import { Bus } from "../../stage/js/trail/bus.js"
import { followed } from "../../stage/js/trail/follow.js"
import { readTrail } from "../../stage/js/trail/message.js"
import own from "./notebook.css"
import { themed } from "./theme.js"

/**
 * @import { Arithmetic, Bytes } from "../../stage/js/types.js" @import { Cell } from "../../stage/js/trail/bus.js"
 *
 * @typedef {Cell & {way: string, whole: boolean}} Question
 * @typedef {{tensor: string, cells: [number[], string][]}} Edit cells that were set, and the text of each number
 *
 * @typedef {object} Python who computes besides the browser
 * @property {(question: Question) => void} ask
 * @property {(edit: Edit) => void} edit
 * @property {() => void} reset
 */

given("core/stage.css", stage)
given("flow/flow.css", flowStyle)
given("trail/arithmetic.css", arithmetic)
given("notebook.css", own)

const STYLES = ["core/stage.css", "trail/arithmetic.css", "flow/flow.css", "notebook.css"]

export class Board {
  /** @param {HTMLElement} parent @param {Bytes} tape empty where there is none @param {Python|null} python null where none runs */
  constructor(parent, tape, python) {
    this.python = python
    /** @type {Bytes} */
    this.data = new Uint8Array()
    /** How cells came to their numbers, by `cell_text` of `explorer.model.dependence`. @type {Record<string, Arithmetic>} */
    this.accounts = {}
    /** Whether Python has not answered. */
    this.silent = !python
    this.said = element("p", { role: "status" })
    this.reset = element("button", { type: "button", hidden: true, onclick: () => this.takeBack() })
    this.host = element("div", { "data-testid": "layer-explorer" })
    this.bus = new Bus()
    this.bus.join(this, { ask: (question) => this.ask(question), want: () => tape.length && this.bus.bring(tape) })
    const shadow = this.host.attachShadow({ mode: "open" })
    parent.append(this.host)
    this.flow = new Flow(shadow, this.bus, { keys: this.host, fill: (on) => this.fill(on), shares: false })
    this.host.addEventListener("fullscreenchange", () => {
      if (document.fullscreenElement !== this.host && this.flow.state.present) this.flow.present(false)
    })
    shadow.append(element("div", { class: "python" }, this.said, this.reset))
    this.host.addEventListener("keydown", (event) => this.pressed(event))
    this.styled = styled(shadow, STYLES)
    this.stop = themed(this.host, () => this.draw())
  }

  /** Show a flow, or another one in its place. @param {Bytes} data */
  async show(data) {
    this.data = data
    await this.draw()
    this.changed()
    this.again()
  }

  /** The numbers are others: ask once more about the touched cell. */
  again() {
    const { pinned, answer } = this.bus
    if (pinned) this.ask({ ...pinned, way: answer?.way ?? "", whole: false })
  }

  async draw() {
    if (!this.data.length) return
    await this.styled
    await this.flow.update({
      data: this.data,
      parentElement: /** @type {ShadowRoot} */ (this.host.shadowRoot),
      setStateValue: () => {},
      setTriggerValue: (_, edit) => this.edited(/** @type {Edit} */ (edit)),
    })
  }

  /** @param {string} key @param {Record<string, unknown>} [parameters] */
  words(key, parameters) {
    return fill(this.flow.labels[key] ?? key, parameters)
  }

  /** The keys that are the flow's are not the notebook's as well. @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key === "Escape" && !event.defaultPrevented) this.bus.free()
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation()
  }

  /** A notebook's cell is no place to fill the window from; where the screen is refused, the cell is filled. @param {boolean} on */
  fill(on) {
    if (on) this.host.requestFullscreen?.().catch(() => {})
    else if (document.fullscreenElement === this.host) document.exitFullscreen()
  }

  // -- a touched cell

  /** @param {Question|null} question */
  ask(question) {
    if (!question) return
    this.answer(question)
    this.python?.ask(question)
  }

  /** What the browser knows by itself: which cells count, by the tape. @param {Question} question */
  answer({ tensor, index, way }) {
    const { touched } = this.flow.state
    const found = touched && this.flow.live.sources(touched.value, touched.cell)
    const weights = [...(found ?? [])].map(([id, cells]) => {
      const largest = cells.reduce((most, one) => Math.max(most, Number.isFinite(one) ? Math.abs(one) : 0), 0)
      return /** @type {const} */ ([id, { weights: Float32Array.from(cells), largest }])
    })
    const cell = { tensor, index }
    this.bus.show({
      cell,
      way: way || (tensor.startsWith("input:") || tensor.startsWith("weight:") ? "moves" : "made"),
      ways: [],
      weights: new Map(weights),
      arithmetic: this.account(cell),
      notes: [],
      problem: "",
      labels: this.flow.labels,
    })
  }

  /** How a cell came to its number, as far as it is known here. @param {Cell} cell @returns {Arithmetic} */
  account(cell) {
    const { live, whole } = this.flow
    const value = whole?.values.find(({ ids }) => ids.includes(cell.tensor))
    const known = this.accounts[`${value?.ids[0]}@${cell.index}`]
    if (known) return this.count ? followed(known, cell, (one) => live.now(one)) : known
    const asking = this.silent && value?.maker
    return {
      name: this.flow.nameOf(cell),
      value: live.now(cell)?.text ?? "…",
      headline: "",
      copies: [],
      equations: [],
      window: {},
      notes: asking ? [this.words("notebook.touched")] : [],
    }
  }

  /** What Python told about the touched cell. @param {Bytes} bytes */
  told(bytes) {
    const answer = readTrail(bytes)
    const { pinned } = this.bus
    const same =
      pinned && answer.cell && pinned.tensor === answer.cell.tensor && `${pinned.index}` === `${answer.cell.index}`
    if (same) this.bus.show(answer)
  }

  /** Python does not answer: say so. */
  alone() {
    if (this.silent) return
    this.silent = true
    const { pinned } = this.bus
    if (pinned) this.answer({ ...pinned, way: "", whole: false })
    this.changed()
  }

  /** Python has answered. */
  awake() {
    if (!this.silent) return
    this.silent = false
    this.changed()
  }

  /** Python could not compute what was asked. @param {string} why */
  refused(why) {
    this.show(this.data.slice())
    this.tell(why)
  }

  // -- changed cells

  /** @param {Edit} edit */
  edited(edit) {
    const { options } = this.flow.model ?? {}
    if (options) {
      const before = options.edited?.[edit.tensor] ?? []
      const known = new Set(before.map(String))
      const more = edit.cells.map(([index]) => index).filter((index) => !known.has(String(index)))
      options.edited = { ...options.edited, [edit.tensor]: [...before, ...more] }
    }
    this.python?.edit(edit)
    this.changed()
    if (this.silent) this.again()
    this.flow.redraw()
  }

  takeBack() {
    if (this.python) this.python.reset()
    if (this.silent) this.show(this.data.slice())
  }

  /** How many cells were changed. */
  get count() {
    return Object.values(this.flow.model?.options.edited ?? {}).reduce((sum, cells) => sum + cells.length, 0)
  }

  /** Say how many cells were changed, and who computed what follows from them. */
  changed() {
    const { count } = this
    this.reset.hidden = !count
    setText(this.reset, this.words("notebook.reset", { count }))
    this.tell(count && this.silent ? this.words("notebook.alone") : "")
  }

  /** @param {string} text */
  tell(text) {
    setText(this.said, text)
    this.said.hidden = !text
  }

  close() {
    this.stop()
    this.flow.close()
    this.bus.part(this)
    this.host.remove()
  }
}
