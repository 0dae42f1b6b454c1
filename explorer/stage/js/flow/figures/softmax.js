// A softmax drawn as bars: its shares, their numbers and their sum. While it runs the bars are exponentials on one scale,
// then they are divided by their sum. No figure of its own: the stage draws a tensor's block this way.

import { axisOf, labelOf, size } from "../kinds.js"
import { overlay } from "../overlay.js"
import { ease, print } from "../paint.js"

/**
 * @import { Operation, Value } from "../graph.js" @import { TensorBlock } from "../layout.js"
 * @import { Paint } from "../paint.js" @import { Scene } from "../scene.js" @import { Lay } from "../view.js"
 *
 * @typedef {object} Shares numbers that sum to 1 along an axis
 * @property {Value} value @property {number} axis of its shape
 * @property {Value} scores what the softmax was given
 * @property {Operation[]} operations the softmax, then what set masked shares to 0
 *
 * @typedef {object} Bars
 * @property {number[]} cells of the value, from above to below @property {number[]} shares as recorded
 * @property {number[]} powers e^(score - largest score) @property {number} total the sum of these
 * @property {number} sum of the shares @property {number} full the share at which a bar is as long as it can be
 */

/** So many entries have a bar each. */
const MOST_BARS = 12
/** A bar is at its longest at this share, or at the largest one if that is larger. */
const FULL = 0.4
/** So far may a recorded share lie from the exponential over the sum: half precision. */
const CLOSE = 4e-3
/** So many exponentials are recomputed to see whether a tensor is a softmax along an axis. */
const MOST_CHECKED = 65536

/** The height of a bar in its row, and the size of its number beside others. */
const BAR = 0.72
const NUMBER = 1.08
/** The weight of numbers. */
const BOLD = 600

/** @type {WeakMap<Value, Shares|null>} */
const found = new WeakMap()

/** Whether an operation is a softmax, from whichever library. @param {Operation} operation */
export function isSoftmax({ kind }) {
  return /^softmax(_v2)?$/i.test(kind)
}

/** A value as shares, if that is what it is. @param {Value} value @returns {Shares|null} */
export function sharesOf(value) {
  let shares = found.get(value)
  if (shares === undefined) {
    shares = value.maker?.kind === "where" ? maskedShares(value, value.maker) : softmaxShares(value)
    found.set(value, shares)
  }
  return shares
}

/** @param {Value} value @returns {Shares|null} */
function softmaxShares(value) {
  const { maker, cells } = value
  if (!maker || !cells || !isSoftmax(maker)) return null
  const scores = maker.operands.find((operand) => operand.cells?.length === cells.length)
  if (!scores) return null
  for (const axis of axesOf(value, maker))
    if (isShare(value, scores, axis)) return { value, axis, scores, operations: [maker] }
  return null
}

/** The axes along which a softmax may have worked: the one that it was given, else all, the last first. @param {Value} value @param {Operation} maker */
function axesOf({ shape, shapes }, maker) {
  const [full] = shapes
  const given = axisOf(maker, full.length)
  if (given !== null) return full[given] > 1 ? [sameAxis(full, given, shape)] : []
  return shape.flatMap((length, axis) => (length > 1 ? [axis] : [])).reverse()
}

/** The same axis where a tensor has others of one cell: the one with as many longer axes before it. @param {number[]} from @param {number} axis @param {number[]} to */
export function sameAxis(from, axis, to) {
  const before = from.slice(0, axis).filter((length) => length > 1).length
  const long = to.flatMap((length, at) => (length > 1 ? [at] : []))
  return long[before]
}

/** Whether every cell is its exponential over the sum along an axis. @param {Value} value @param {Value} scores @param {number} axis */
function isShare({ cells, shape }, scores, axis) {
  if (!cells || !scores.cells) return false
  const step = Math.ceil(Math.max(1, (cells.length * shape[axis]) / MOST_CHECKED))
  for (let cell = 0; cell < cells.length; cell += step) {
    const line = lineOf(shape, axis, cell)
    const { powers, total } = powersOf(line.map((at) => Number(scores.cells?.[at])))
    if (Math.abs(cells[cell] - powers[line.indexOf(cell)] / total) > CLOSE) return false
  }
  return true
}

/** Shares of which some were set to 0. @param {Value} value @param {Operation} maker a `where` @returns {Shares|null} */
function maskedShares(value, maker) {
  const { cells } = value
  if (!cells) return null
  for (const operand of maker.operands) {
    const inner = operand.cells?.length === cells.length && operand !== value ? sharesOf(operand) : null
    if (!inner) continue
    const same = Array.from(cells).every((cell, at) => cell === 0 || Object.is(cell, operand.cells?.[at]))
    if (!same) continue
    const axis = sameAxis(operand.shape, inner.axis, value.shape)
    return { value, axis, scores: inner.scores, operations: [...inner.operations, maker] }
  }
  return null
}

/** The cells along an axis through one of them. @param {number[]} shape @param {number} axis @param {number} cell */
export function lineOf(shape, axis, cell) {
  const step = size(shape.slice(axis + 1))
  const first = cell - (Math.floor(cell / step) % shape[axis]) * step
  return Array.from({ length: shape[axis] }, (_, at) => first + at * step)
}

/** What a softmax adds up: exponentials of what each score is above the largest. @param {number[]} scores */
export function powersOf(scores) {
  const largest = Math.max(...scores)
  const powers = scores.map((score) => (score === largest ? 1 : Math.exp(score - largest)))
  return { powers, total: powers.reduce((sum, power) => sum + power, 0) }
}

/** How a tensor is drawn. @param {Value} value @param {Lay} view @returns {"bars"|"cells"} */
export function style(value, view) {
  return barsOf(value, view) ? "bars" : "cells"
}

/** @typedef {{shares: Shares, cells: number[], full: number}} Row the entries of which bars are drawn, and the share of the longest */
/** @type {WeakMap<Lay, Row|null>} */
const rowsOfViews = new WeakMap()

/**
 * The bars of a softmax of which one row of few entries is shown; null of any other tensor. Their numbers may change where
 * they stand, their scale does not.
 * @param {Value} value @param {Lay} view @returns {Bars|null}
 */
export function barsOf(value, view) {
  let row = rowsOfViews.get(view)
  if (row === undefined) {
    row = readRow(value, view)
    rowsOfViews.set(view, row)
  }
  return row && read(row)
}

/** @param {Value} value @param {Lay} view @returns {Row|null} */
function readRow(value, { rows, columns, facets, hidden }) {
  const count = rows * columns
  if (!value.maker || !isSoftmax(value.maker) || facets.length !== 1 || hidden) return null
  if ((rows > 1 && columns > 1) || count < 2 || count > MOST_BARS) return null
  const shares = sharesOf(value)
  if (!shares) return null
  const cells = Array.from({ length: count }, (_, at) => (columns === 1 ? facets[0].at(at, 0) : facets[0].at(0, at)))
  const line = lineOf(value.shape, shares.axis, cells[0])
  if (line.length !== count || line.some((cell, at) => cell !== cells[at])) return null
  return { shares, cells, full: Math.max(FULL, ...cells.map((cell) => Number(value.cells?.[cell]))) }
}

/** @param {Row} row @returns {Bars} */
function read({ shares: { value, scores }, cells, full }) {
  const shares = cells.map((cell) => Number(value.cells?.[cell]))
  const { powers, total } = powersOf(cells.map((cell) => Number(scores.cells?.[cell])))
  return { cells, shares, powers, total, full, sum: shares.reduce((all, share) => all + share, 0) }
}

/** The length of a bar, as a part of the room for bars. @param {Bars} bars @param {number} entry @param {number} progress 0 to 1 */
export function barLength({ shares, powers, full }, entry, progress) {
  const divided = ease(progress * 2 - 1)
  const power = powers[entry]
  const length = power + (Math.min(1, shares[entry] / full) - power) * divided
  return Number.isFinite(length) ? length * ease(progress * 2) : 0
}

/** The number at a bar. @param {Bars} bars @param {number} entry @param {number} progress */
export function barNumber({ shares, powers }, entry, progress) {
  return print((progress < 0.5 ? powers : shares)[entry])
}

/** What stands below the bars, the longest first. @param {Bars} bars @param {Value} value @param {number} progress */
export function sumTexts({ sum, total }, value, progress) {
  if (progress >= 0.5) return [`Σ = ${sum.toFixed(2)}`]
  const name = value.maker?.operands[0]?.title ?? ""
  const ways = [`Σ exp(${name || "x"} − max) = ${print(total)}`, `Σ exp = ${print(total)}`]
  return name.length > 16 ? ways.slice(1) : ways
}

/** @param {Paint} p @param {TensorBlock} block @param {Scene} scene */
export function drawBars(p, block, scene) {
  const { value, view, cx, cy, cw, ch } = block
  const bars = barsOf(value, view)
  if (!bars || !value.maker) return
  const { k } = scene.plan
  const progress = scene.progress(value.maker)
  const { cells, shares, powers } = bars
  const step = ch / cells.length
  const [left, top] = [cx - cw / 2, cy - ch / 2]
  const numbers = fitNumbers(
    p,
    [...shares, ...powers].map((one) => print(one)),
    Math.min(cw * 0.5, 70 * k),
    step,
  )
  const base = left + numbers.room
  const room = cw - numbers.room - 4 * k
  if (progress <= 0) p.ghost(base, top, room, ch)
  p.line(base, top + 2, base, top + ch - 2, p.c.wire, 1.4)
  const origin = scene.origin(value)
  cells.forEach((cell, entry) => {
    const y = top + entry * step
    const length = barLength(bars, entry, progress) * room
    const [barTop, barHeight] = [y + (step * (1 - BAR)) / 2, step * BAR]
    const colour = origin?.(cell).colour ?? p.share(0.25 + (progress < 0.5 ? powers : shares)[entry])
    if (length > 0.5) p.round(base, barTop, length, barHeight, [0, 3, 3, 0], colour)
    if (progress > 0)
      p.text(barNumber(bars, entry, progress), base - 7 * k, y + step / 2, {
        align: "right",
        weight: BOLD,
        size: numbers.size,
      })
    scene.hit(value, cell, left, y, cw, step)
  })
  for (const level of /** @type {const} */ ([1, 2]))
    cells.forEach((cell, entry) => {
      const length = barLength(bars, entry, progress) * room
      if (scene.touched(value, cell) !== level || progress <= 0) return
      const barTop = top + entry * step + (step * (1 - BAR)) / 2
      p.rim(base, barTop, Math.max(4, length), step * BAR, level === 2)
    })
  if (progress > 0) drawSum(p, block, sumTexts(bars, value, progress), base, scene)
}

/** How large the numbers are, and how wide their column. @param {Paint} p @param {string[]} texts @param {number} most @param {number} step */
function fitNumbers(p, texts, most, step) {
  let wanted = Math.min(p.num * NUMBER, step * 0.8)
  const widest = (/** @type {number} */ at) => Math.max(...texts.map((text) => p.measure(text, at, "sans", BOLD)))
  if (widest(wanted) + 10 > most) wanted = Math.max(wanted * 0.82, (wanted * (most - 10)) / widest(wanted))
  return { size: wanted, room: widest(wanted) + 10 }
}

/** @param {Paint} p @param {TensorBlock} block @param {string[]} texts @param {number} base @param {Scene} scene */
function drawSum(p, { cx, cy, cw, ch }, texts, base, scene) {
  const { k } = scene.plan
  const text = texts.find((one) => p.measure(one, p.num, "sans", BOLD) <= cw) ?? texts[texts.length - 1]
  const width = p.measure(text, p.num, "sans", BOLD)
  const left = Math.max(cx - cw / 2, Math.min(base, cx + cw / 2 - width))
  const y = cy + ch / 2 + Math.max(15 * k, p.num * 0.75)
  p.text(text, left, y, { align: "left", colour: p.c.soft, size: p.num, weight: BOLD })
}

/** What bars show, in words. @param {Value} value @param {Lay} view @param {Scene} scene */
function barsText(value, view, scene) {
  const bars = barsOf(value, view)
  if (!bars) return ""
  const numbers = bars.shares.map((share) => print(share)).join(", ")
  return scene.words("flow.attention.bars", { name: labelOf(value), numbers, sum: bars.sum.toFixed(2) })
}

export default overlay("softmax", {
  tells: (scene) =>
    scene.plan.blocks
      .flatMap((block) =>
        block.kind === "tensor" && block.style === "bars" ? [barsText(block.value, block.view, scene)] : [],
      )
      .join(" "),
})
