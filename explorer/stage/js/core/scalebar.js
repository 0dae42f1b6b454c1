// The bar that says which colour means which number. Always drawn.

import { clipped, css, gradient, tableIndex } from "./colour.js"
import { element, setText } from "./dom.js"
import { exactText, figureText } from "./format.js"
import { canLimit, distinct } from "./ranges.js"

/**
 * @import { Words } from "../types.js" @import { Card } from "./card.js" @import { Scale } from "./colour.js"
 * @import { Tensor } from "./unpack.js"
 */

export class ScaleBar {
  /** The caption stands where the readout speaks: a card owns that line. */
  constructor() {
    /** @type {Scale|null} */
    this.scale = null
    /** @type {number[]|null} */
    this.values = null
    this.bar = element("div", { class: "bar" })
    this.needle = element("div", { class: "needle", hidden: true })
    this.low = element("span")
    this.middle = element("span")
    this.high = element("span")
    this.caption = element("span", { class: "caption" })
    this.ends = element("div", { class: "ends" }, this.low, this.middle, this.high)
    this.root = element("div", { class: "scale" }, element("div", { class: "track" }, this.bar, this.needle), this.ends)
  }

  /** @param {Card} card @param {Scale|null} scale */
  update(card, scale) {
    this.scale = scale
    const { tensor, words } = card
    const trueColour = card.picture.trueColourAxis() >= 0
    this.root.classList.toggle("plain", !scale || trueColour || tensor.statistics.minimum === null)
    setText(this.caption, this.describe(card, scale, trueColour))
    if (!scale) return
    const values = scale.discrete ? stepsOf(tensor, scale) : null
    this.bar.style.background = values
      ? steps(values.map((value) => css(scale.table[tableIndex(scale, value)])))
      : gradient(scale)
    this.ends.classList.toggle("steps", Boolean(values))
    if (values) {
      this.ends.replaceChildren(...values.map((value) => element("span", {}, valueText(scale, value, words))))
    } else {
      this.ends.replaceChildren(this.low, this.middle, this.high)
      const { low, high } = scale
      const flat = low === high
      setText(this.low, flat ? "" : endText(low, tensor.dtype))
      setText(this.middle, figureText(scale.kind === "signed" ? 0 : (low + high) / 2))
      setText(this.high, flat ? "" : endText(high, tensor.dtype))
    }
    this.values = values
  }

  /** @param {Card} card @param {Scale|null} scale @param {boolean} trueColour */
  describe(card, scale, trueColour) {
    const { tensor, words, shared, state, groupName } = card
    if (card.picture.empty) return ""
    if (!scale) return words("scale.text")
    if (trueColour) return words("scale.color")
    const limited = state.limited && canLimit(tensor)
    const many = scale.kind === "category" && scale.places?.size === 0
    /** @type {Record<string, string>} */
    const captions = {
      signed: limited
        ? words("scale.limited")
        : shared === undefined
          ? words("scale.own")
          : card.options.scale === "one"
            ? words("scale.one")
            : words("scale.shared", { group: groupName }),
      probability: words("scale.probability"),
      boolean: words("scale.boolean"),
      image: words("scale.image"),
      category: many ? words("scale.category_many", { count: scale.table.length }) : words("scale.category"),
    }
    return captions[scale.kind]
  }

  /** Show where a value lies; NaN hides the needle. @param {number} value */
  point(value) {
    const { scale, values } = this
    const known = Number.isFinite(value) && !(values && !values.includes(value))
    this.needle.hidden = !scale || !known
    if (!scale || !known) return
    const part = values
      ? (values.indexOf(value) + 0.5) / values.length
      : scale.high > scale.low
        ? (value - scale.low) / (scale.high - scale.low)
        : 0.5
    this.needle.style.left = `${100 * Math.max(0, Math.min(part, 1))}%`
  }
}

/** @param {number} value @param {string} dtype */
function endText(value, dtype) {
  const exact = exactText(value, dtype)
  return exact.length > 7 ? figureText(Number(value.toPrecision(4))) : exact
}

/**
 * The numbers that the bar names: those that occur, if they are few; else one for each colour.
 * @param {Tensor} tensor @param {Scale} scale
 */
function stepsOf(tensor, scale) {
  if (scale.kind === "boolean") return [0, 1]
  const few = distinct(tensor)
  return few.length ? few : scale.table.map((_, at) => at)
}

/** @param {Scale} scale @param {number} value @param {Words} words */
function valueText(scale, value, words) {
  return scale.kind === "boolean" ? words(value ? "true" : "false") : String(value)
}

/** @param {string[]} colours */
function steps(colours) {
  const at = (/** @type {number} */ position) => `${(100 * position) / colours.length}%`
  return `linear-gradient(to right, ${colours.map((colour, i) => `${colour} ${at(i)} ${at(i + 1)}`).join(", ")})`
}

/**
 * Cells whose value lies beyond the scale. A million cells are walked only if one of them can be outside.
 * @param {Tensor} tensor @param {Scale|null} scale
 */
export function countOutside(tensor, scale) {
  const {
    numbers,
    statistics: { minimum, maximum },
  } = tensor
  if (!scale || scale.discrete || minimum === null || !numbers) return 0
  if (!clipped(scale, Number(minimum)) && !clipped(scale, Number(maximum))) return 0
  let count = 0
  for (let at = 0; at < numbers.length; at++) if (clipped(scale, numbers[at])) count += 1
  return count
}
