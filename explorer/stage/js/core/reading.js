// What a cell says in words: the text of the readout, the summary, the table. Nothing here draws.

import { countText, exactText, figureText, indexText, placeText, ROUND, shapeText } from "./format.js"
import { gridIndex, offsetOf } from "./slices.js"

/** @import { Words } from "../types.js" @import { Value } from "./format.js" @import { Tensor } from "./unpack.js" */

/**
 * The dtype whose rounding the stored values have: an overview is float32 whatever it tells of.
 * @param {Tensor} tensor
 */
export function storedDtype(tensor) {
  return tensor.overview ? "float32" : tensor.dtype
}

/**
 * @param {Tensor} tensor @param {import("./slices.js").Selection} selection @param {import("./slices.js").Slice[]} slices
 * @param {import("./hit.js").Cell} cell @param {Words} words @param {number} colourAxis the axis shown as colour, or -1
 */
export function readCell(tensor, selection, slices, cell, words, colourAxis = -1) {
  const slice = slices[cell.facet]
  const inGrid = gridIndex(selection, slice, cell.row, cell.column)
  const index = tensor.grid.whole(inGrid)
  const offset = offsetOf(slice, cell.row, cell.column)
  const dtype = storedDtype(tensor)
  if (tensor.overview) return { ...readBlock(tensor.overview, tensor.shape, offset, index, words), offset }
  if (colourAxis >= 0) {
    const channels = [0, 1, 2].map((at) =>
      exactText(tensor.values[offset + at * tensor.grid.strides[colourAxis]], dtype),
    )
    const shown = index.map((position, axis) => (axis === colourAxis ? ":" : String(position)))
    const place = placeText(index, tensor.axes).split(", ").slice(0, -1).join(", ")
    return { text: channels.join(", "), index, where: indexText(shown), place, offset }
  }
  return { text: textAt(tensor, offset), index, where: indexText(index), place: placeText(index, tensor.axes), offset }
}

/** @param {Tensor} tensor @param {number} offset */
function textAt(tensor, offset) {
  const value = tensor.values[offset]
  return value === undefined ? "" : exactText(value, storedDtype(tensor))
}

/**
 * Of a block: its extremes and its mean, and the span of indices that it stands for.
 * @param {import("./unpack.js").Overview} overview @param {number[]} shape
 * @param {number} offset @param {number[]} index @param {Words} words
 */
function readBlock(overview, shape, offset, index, words) {
  const [minimum, maximum, mean] = [overview.minimum, overview.maximum, overview.mean].map((plane) =>
    figureText(plane[offset]),
  )
  const where = index.map((from, axis) => {
    const to = Math.min(from + overview.steps[axis], shape[axis])
    return to - from > 1 ? `${from}:${to}` : String(from)
  })
  return { text: words("readout.block", { minimum, maximum, mean }), index, where: `[${where.join(", ")}]`, place: "" }
}

/** @param {Tensor} tensor @param {Words} words */
export function shapeLine(tensor, words) {
  return tensor.shape.length ? shapeText(tensor.shape, tensor.axes) : words("scalar")
}

/** One sentence for those who do not see the picture. @param {Tensor} tensor @param {Words} words */
export function summary(tensor, words) {
  const { name, role, dtype, statistics } = tensor
  const opening = words("summary", { name, role: words(`role.${role}`), shape: shapeLine(tensor, words), dtype })
  if (statistics.cells === 0) return `${opening} ${words("no_cells")}.`
  if (statistics.minimum === null) return opening
  return `${opening} ${words("summary.values", {
    ...ends(tensor),
    zeros: countText(statistics.zeros),
    nan: countText(statistics.nan),
    infinite: countText(infinite(tensor)),
  })}`
}

/** The same for the line below the picture: exact, unless a float64 is too long for it. @param {Tensor} tensor */
export function figures({ statistics, dtype }) {
  const near = (/** @type {Value|null} */ value) => {
    const exact = exactText(value ?? "", dtype === "bool" ? "int64" : dtype)
    return exact.length > 13 && dtype in ROUND ? figureText(Number(value)) : exact
  }
  return [
    ["minimum", near(statistics.minimum)],
    ["maximum", near(statistics.maximum)],
    ["mean", figureText(Number(statistics.mean))],
  ]
}

/** Minimum, maximum and mean as text, the first two exact. @param {Tensor} tensor */
export function ends({ statistics, dtype }) {
  if (statistics.minimum === null || statistics.maximum === null) return { minimum: "–", maximum: "–", mean: "–" }
  const exact = (/** @type {Value} */ value) => exactText(value, dtype === "bool" ? "int64" : dtype)
  return {
    minimum: exact(statistics.minimum),
    maximum: exact(statistics.maximum),
    mean: figureText(Number(statistics.mean)),
  }
}

/** @param {Tensor} tensor */
export function infinite({ statistics }) {
  return statistics.positive_infinite + statistics.negative_infinite
}

/** A sentence on what is not shown; "" where everything is. @param {Tensor} tensor @param {Words} words */
export function note(tensor, words) {
  const cells = countText(tensor.statistics.cells)
  const [shown, total] = [countText(tensor.shown ?? 0), countText(tensor.total ?? 0)]
  const parts = []
  if (tensor.overview)
    parts.push(words("note.overview", { rows: tensor.block?.[0], columns: tensor.block?.[1], cells }))
  if (tensor.reduced && (tensor.shown ?? 0) < (tensor.total ?? 0))
    parts.push(words("note.slices", { shown, total, cells }))
  if (tensor.encoding === "text" && !tensor.whole) parts.push(words("note.text", { shown, total }))
  return parts.join(" ")
}
