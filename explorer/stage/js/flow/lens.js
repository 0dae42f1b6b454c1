// One tensor opened large, over the stage: its card, with statistics, slices, tools, table and editing. Beside it stand the
// names of all tensors of the call, so that each can be opened, whether the stage draws it or not.

import { Card, newState } from "../core/card.js"
import { element, kept, setText } from "../core/dom.js"
import { Flash } from "../core/flash.js"
import { shapeText } from "../core/format.js"
import { sharedEnds } from "../core/ranges.js"
import { statisticsOf } from "./statistics.js"

/**
 * @import { CardState, Ground, Options } from "../types.js" @import { Graph } from "./graph.js" @import { Model } from "./message.js"
 * @import { Tensor } from "../core/unpack.js"
 */

/** Pixels of a card around its picture, and of the lens around a card. */
const FURNITURE = 240
const MARGIN = 32
const NARROWEST = 300

/**
 * The tensors of a trace, and what the calls inside of it named; not of each turn of a loop.
 * @param {string[]} ids of the trace's own tensors, outputs last @param {Graph} graph @returns {string[]}
 */
function listed(ids, graph) {
  const inner = graph.values.filter(
    ({ title, role, maker, ids: own }) =>
      title && !role && maker && !maker.turns.length && !own.some((id) => ids.includes(id)),
  )
  const outputs = ids.findIndex((id) => id.startsWith("output:"))
  const at = outputs < 0 ? ids.length : outputs
  return [...ids.slice(0, at), ...inner.map((value) => value.ids[0]), ...ids.slice(at)]
}

/** @implements {Ground} */
export class Lens {
  /** @param {import("./flow.js").Flow} flow */
  constructor(flow) {
    this.flow = flow
    /** @type {Model|null} */
    this.model = null
    /** @type {Options} */
    this.options = {}
    /** @type {Map<string, number>} */
    this.ends = new Map()
    /** @type {Map<string, CardState>} */
    this.states = new Map()
    this.id = ""
    /** @type {string[]} of the tensors that are listed */
    this.ids = []
    this.bus = flow.bus
    this.card = new Card(newState(), this)
    this.drawn = false
    /** Whether a number was in the hand when they changed last. */
    this.held = false
    this.list = element("nav", { class: "tensors" })
    this.missing = element("p", { class: "missing" })
    this.leave = element("button", { type: "button", class: "leave", onclick: () => this.hide() }, "×")
    this.frame = element("div", { class: "frame" }, this.card.root, this.missing)
    this.root = element(
      "section",
      { class: "lens stage", role: "region", hidden: true, "data-testid": "lens" },
      this.list,
      this.frame,
      this.leave,
    )
    this.root.addEventListener("keydown", ({ key }) => key === "Escape" && this.flash.clear())
    this.flash = new Flash(() => this.marked())
    /** @type {HTMLElement|null} */
    this.before = null
  }

  get open() {
    return !this.root.hidden
  }

  // -- what a card asks of that on which it stands
  get theme() {
    return this.flow.theme
  }
  get words() {
    return this.flow.words
  }
  get tallest() {
    return Math.max(120, this.root.clientHeight - FURNITURE)
  }
  relayout() {
    this.flow.relayout()
  }
  /** @param {string} tensor @param {number[]} index @param {string} text */
  commit(tensor, index, text) {
    this.flow.commit(tensor, index, text)
  }
  /** @param {string} tensor @param {number} cell */
  trial(tensor, cell) {
    return this.flow.trial(tensor, cell)
  }

  /** @param {Model} model @param {Graph} graph of the whole call */
  take(model, graph) {
    const { options } = model
    this.model = model
    this.options = options
    this.ids = listed(options.tensors ?? [], graph)
    const tensors = (options.tensors ?? []).flatMap((id) => this.tensor(id) ?? [])
    this.flash.take(tensors, options.subject)
    this.ends = options.scale === "shared" ? sharedEnds(tensors) : new Map()
    this.leave.setAttribute("aria-label", this.words("flow.lens.close"))
    this.leave.title = this.words("flow.lens.close")
    this.list.setAttribute("aria-label", this.words("flow.lens"))
    this.root.setAttribute("aria-label", this.words("flow.lens"))
    if (!this.open) return
    if (model.number(this.id) !== undefined) this.show(this.id)
    else this.hide()
  }

  /** @param {string} id @returns {Tensor|null} */
  tensor(id) {
    const number = this.model?.number(id)
    return number === undefined ? null : (this.model?.tensor(number) ?? null)
  }

  /** Open a tensor; without an id the one that was open last, else the touched one, else the first output. @param {string} [id] */
  show(id = this.id) {
    if (!this.model) return
    const chosen = this.model.number(id) !== undefined ? id : this.ids[this.ids.length - 1]
    if (chosen === undefined) return
    if (!this.open) this.before = /** @type {HTMLElement|null} */ (this.flow.focused())
    this.id = chosen
    this.root.hidden = false
    this.names(this.ids.includes(chosen) ? this.ids : [...this.ids, chosen])
    const tensor = this.tensor(chosen)
    this.drawn = tensor !== null
    this.card.root.hidden = !tensor
    this.missing.hidden = Boolean(tensor)
    if (tensor) {
      this.card.state = kept(this.states, chosen, newState)
      this.card.state.hover = null
      this.card.update(tensor)
    } else setText(this.missing, this.leftOut(chosen))
    this.arrange()
  }

  /** @param {string} id of a tensor that was too large to send */
  leftOut(id) {
    const number = this.model?.number(id)
    if (number === undefined || !this.model) return ""
    const { shape, dtype } = this.model.known(number)
    return this.words("flow.left_out", { shape: shapeText(shape, []) || this.words("scalar"), dtype })
  }

  hide() {
    if (!this.open) return
    this.root.hidden = true
    this.before?.focus({ preventScroll: true })
    this.before = null
  }

  /** The names of all tensors, those of one role together. @param {string[]} ids */
  names(ids) {
    const model = /** @type {Model} */ (this.model)
    /** @type {Node[]} */
    const nodes = []
    let group = ""
    for (const id of ids) {
      const { name, shape, role } = model.known(/** @type {number} */ (model.number(id)))
      const heading = role === "mask" ? "input" : role
      if (heading !== group) nodes.push(element("h4", {}, this.words(`column.${heading}`)))
      group = heading
      const open = element(
        "button",
        { type: "button", "data-open": id, "aria-pressed": String(id === this.id), onclick: () => this.show(id) },
        element("b", {}, name),
        element("small", {}, shapeText(shape, []) || this.words("scalar")),
      )
      nodes.push(open)
    }
    const focused = this.list.contains(this.flow.focused())
    this.list.replaceChildren(...nodes)
    if (focused) this.chosen()?.focus({ preventScroll: true })
  }

  /** @returns {HTMLElement|null} */
  chosen() {
    return this.list.querySelector("[aria-pressed=true]")
  }

  arrange() {
    if (!this.open || !this.drawn) return
    const room = this.frame.clientWidth - MARGIN
    this.card.root.style.width = ""
    const width = Math.min(room, Math.max(NARROWEST, this.card.wantedWidth))
    this.card.root.style.width = `${width}px`
    this.card.arrange(width)
    this.card.paint()
  }

  /** The marks of what the last change changed are others. */
  marked() {
    this.flow.redraw()
    if (!this.open || !this.drawn) return
    this.card.refresh()
    this.card.picture.repaintOverlay()
  }

  /** Numbers changed where they stand. */
  numbersChanged() {
    const held = Boolean(this.flow.live.hand)
    const moved = held || this.held // after the last one they are as they were before
    this.held = held
    if (!moved || !this.open || !this.drawn) return
    const tensor = this.tensor(this.id)
    if (tensor?.numbers && tensor.whole && !tensor.overview)
      tensor.statistics = statisticsOf(tensor.numbers, tensor.numbers, tensor.numbers.length)
    this.card.refresh()
    this.card.picture.repaint()
  }

  trailChanged() {
    if (this.open && this.drawn) this.card.trailChanged()
  }

  close() {
    this.flash.close()
  }
}
