// One place for a tensor beside the code. Tensors change places as the reader steps; the place, and its focus, stay.

import { Card, newState } from "../core/card.js"
import { element, kept, setText } from "../core/dom.js"
import { shapeText } from "../core/format.js"

/** @import { CardState, Ground, Options } from "../types.js" @import { Range } from "./code.js" */

/** @implements {Ground} */
export class PartCard {
  /** @param {import("./xray.js").XRay} xray @param {"operand"|"result"} kind */
  constructor(xray, kind) {
    this.xray = xray
    this.kind = kind
    this.card = new Card(newState(), this)
    this.drawn = false
    /** @type {Range|null|undefined} of the source that gave the tensor */
    this.place = null
    this.empty = element("p", { class: "nothing" })
    this.title = element("b")
    this.missing = element("article", { class: "card missing" }, this.title, this.empty)
    this.root = element("div", { class: `slot ${kind}` }, this.card.root, this.missing)
    this.root.onpointerenter = () => this.array >= 0 && xray.light(this.array, undefined, this.place)
    this.root.onpointerleave = () => xray.light(-1, -1)
    this.array = -1
    /** @type {Options} */
    this.options = {}
    this.traced = true
    /** @type {Map<string, number>} */
    this.ends = new Map()
    this.marker = "part"
    this.tallest = kind === "operand" ? 230 : 300
  }

  // -- what a card asks of its stage
  get theme() {
    return this.xray.theme
  }
  get words() {
    return this.xray.words
  }
  get host() {
    return this.xray
  }
  relayout() {
    this.xray.repaint()
  }

  /**
   * @param {number} number of the tensor, -1 for none @param {string} title @param {Range|null|undefined} place
   * @param {Map<string, CardState>} states by tensor id
   */
  update(number, title, place, states) {
    const { model, words } = this.xray
    const known = number < 0 ? null : model.known(number)
    const tensor = known && model.tensor(number)
    this.place = place
    this.array = known?.array ?? -1
    this.drawn = Boolean(tensor)
    this.card.root.hidden = !tensor
    this.missing.hidden = Boolean(tensor)
    if (!tensor) {
      setText(this.title, title || known?.name || "")
      setText(
        this.empty,
        known
          ? words("xray.left_out", { shape: shapeText(known.shape, []) || words("scalar"), dtype: known.dtype })
          : words("xray.not_recorded"),
      )
      return
    }
    this.card.state = kept(states, `${this.kind} ${tensor.id}`, newState)
    this.card.state.hover = null
    this.card.update({ ...tensor, name: title || tensor.name.replace(/\s+/g, " ") })
  }

  get wantedWidth() {
    return this.drawn ? this.card.wantedWidth : 200
  }

  /** @param {number} width */
  arrange(width) {
    const fitting = this.kind === "result" ? Math.min(width, Math.max(280, this.wantedWidth + 24)) : width
    this.root.style.width = `${fitting}px`
    if (this.drawn) this.card.arrange(fitting)
  }

  trailChanged() {
    if (this.drawn) this.card.trailChanged()
  }

  paint() {
    if (this.drawn) this.card.paint()
  }
}
