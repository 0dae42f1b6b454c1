// Where cells come from on an axis of an input: their colours, and what is said of them. Nothing here draws.

import { css, makeScale } from "../core/colour.js"
import { element } from "../core/dom.js"
import { NOWHERE, SEVERAL } from "../tape/origins.js"

/**
 * @import { Rgb } from "../core/colour.js" @import { Tape } from "../tape/tape.js" @import { Words } from "../types.js"
 * @import { Value } from "./graph.js" @import { Model } from "./message.js"
 *
 * @typedef {object} Told where the cells of a call come from
 * @property {Axis[]} axes of the inputs @property {(value: Value) => ((axis: number, cell: number) => number)|null} of a
 *   value: the position of a cell on an axis, or one of the numbers below; null of what is not here whole
 *
 * @typedef {object} Axis @property {string} name in the link: "input:0@1" @property {number} length
 * @property {string} label what the reader calls it @property {string} word without the input's name
 */

/** The part of a scale that looks too much like nothing. */
const FAINTEST = 0.2

/** @type {(cell: number) => number} */
const nowhere = () => NOWHERE

/** What a tape tells of the cells of a call; null if it tells nothing. @param {Tape|null} tape @param {Model} model @param {Words} words @returns {Told|null} */
export function toldBy(tape, model, words) {
  if (!tape?.axes.length) return null
  const several = new Set(tape.axes.map(({ tensor }) => tensor)).size > 1
  const axes = tape.axes.map(({ tensor, axis, length }) => {
    const known = model.number(tensor)
    const whole = known === undefined ? null : model.tensor(known)
    const word = whole?.axes[axis] || words("axis", { number: axis })
    const label = several && whole ? `${whole.name} · ${word}` : word
    return { name: `${tensor}@${axis}`, length, label, word: several ? label : word }
  })
  return {
    axes,
    of: ({ ids, cells }) => {
      const positions = ids.map((id) => tape.origins.get(tape.numberOf(id))).find(Boolean)
      if (!positions) return nowhere
      const size = positions.length / axes.length
      return size === cells?.length ? (axis, cell) => positions[axis * size + cell] : null
    },
  }
}

/** The colours of so many positions: of few each its own, of many a scale from the first to the last. @param {number} length @param {boolean} dark @returns {(position: number) => Rgb} */
export function coloursOf(length, dark) {
  const [, ...own] = makeScale("category", { dark }).table // the first one is that of nothing
  if (length <= own.length) return (position) => own[position]
  const { table } = makeScale("probability", { dark })
  const place = (/** @type {number} */ position) => FAINTEST + (1 - FAINTEST) * (position / (length - 1))
  return (position) => table[Math.round(place(position) * (table.length - 1))]
}

/** Where a cell comes from, in words. @param {Told} told @param {Value} value @param {number} cell @param {Words} words */
export function originText(told, value, cell, words) {
  const at = told.of(value)
  if (!at) return ""
  const places = told.axes.flatMap(({ word }, axis) => {
    const position = at(axis, cell)
    if (position >= 0) return [`${word} ${position}`]
    return position === NOWHERE
      ? []
      : [words(position === SEVERAL ? "origin.several.of" : "origin.unknown.of", { axis: word })]
  })
  return places.length ? words("origin.place", { places: places.join(", ") }) : words("origin.nowhere.cell")
}

/** The legend of an axis. @param {Axis} axis @param {boolean} dark @param {Words} words @returns {Node[]} */
export function legendOf({ label, length }, dark, words) {
  const colour = coloursOf(length, dark)
  const [, ...own] = makeScale("category", { dark }).table
  const swatch = (/** @type {string} */ background) => element("i", { style: `background:${background}` })
  const positions = [...Array(length).keys()]
  const ramp = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((part) => css(colour(Math.round(part * (length - 1))))).join()})`
  const scale =
    length <= own.length
      ? positions.map((position) => element("span", {}, swatch(css(colour(position))), String(position)))
      : [element("span", {}, "0", element("i", { class: "ramp", style: `background:${ramp}` }), String(length - 1))]
  return [
    element("b", {}, label),
    ...scale,
    element("span", {}, element("i", { class: "several" }), words("origin.several")),
    element("span", {}, element("i", { class: "nowhere" }), words("origin.nowhere")),
  ]
}
