// How one tensor lies on the stage: its rows, columns, and the pictures beside each other. Nothing here draws.

import { flat, strides } from "./kinds.js"

/**
 * @import { Value } from "./graph.js"
 *
 * @typedef {object} Facet one picture of a tensor
 * @property {string} label which one it is, or "" of a single one
 * @property {(row: number, column: number) => number} at the place of a cell among the tensor's cells
 *
 * @typedef {object} Lay
 * @property {number} rows @property {number} columns of each picture
 * @property {Facet[]} facets @property {number} across how many lie beside each other
 * @property {boolean} image whether it is drawn without lines between cells @property {boolean} rgb in its true colours
 * @property {number} hidden how many pictures more there are
 *
 * @typedef {object} Choice what the reader chose
 * @property {number} sample of the batch @property {boolean} fold whether one sample is shown
 */

/** Axes along which a vector stands upright. */
const DOWN = new Set(["time", "height", "steps"])
/** So many pictures of one tensor are drawn. */
export const MOST_PICTURES = 16
/** From so many rows and columns on a picture is an image. */
const IMAGE_FROM = 13

/**
 * The batch is folded to one sample where `fold` says so; of three axes the last two are a picture, or height and width
 * where the tensor has them; all others are pictures beside each other.
 * @param {Value} value @param {Choice} choice @returns {Lay}
 */
export function viewOf(value, { sample, fold }) {
  const { shape, plain, role } = value
  const batch =
    fold && role !== "weight" && shape.length > 1 && (plain[0] === "batch" || !plain[0] || /^axis /.test(plain[0]))
  const fixed = batch ? [Math.min(sample, Math.max(0, shape[0] - 1))] : []
  const sizes = shape.slice(fixed.length)
  const names = plain.slice(fixed.length)
  const at = (/** @type {number[]} */ index) => flat(shape, [...fixed, ...index])
  if (sizes.length < 2) {
    const down = sizes.length === 1 && DOWN.has(names[0])
    const [rows, columns] = sizes.length === 0 ? [1, 1] : down ? [sizes[0], 1] : [1, sizes[0]]
    return single(rows, columns, sizes.length === 0 ? () => at([]) : (row, column) => at([down ? row : column]))
  }
  const [height, width] = [names.indexOf("height"), names.indexOf("width")]
  const picture = height >= 0 && width >= 0
  if (picture && sizes.length === 3 && sizes[2] === 3 && width === 1 && value.scale === "image")
    return { ...single(sizes[0], sizes[1], (row, column) => at([row, column, 0])), rgb: true, image: true }
  const heads = names.indexOf("heads")
  const stacked = picture ? null : heads >= 0 ? [heads] : sizes.length === 3 && isOfHeads(value) ? [1] : null
  const [down, right] = picture ? [height, width] : planeOf(sizes, stacked)
  const steps = strides(sizes)
  const others = sizes.map((_, axis) => axis).filter((axis) => axis !== down && axis !== right)
  const count = others.reduce((product, axis) => product * sizes[axis], 1)
  const shown = Math.min(count, MOST_PICTURES)
  const facets = Array.from({ length: shown }, (_, number) => {
    const index = Array(sizes.length).fill(0)
    let left = number
    for (let place = others.length - 1; place >= 0; place--) {
      index[others[place]] = left % sizes[others[place]]
      left = Math.floor(left / sizes[others[place]])
    }
    const label = count > 1 ? others.map((axis) => index[axis]).join(", ") : ""
    const first = at(index)
    return {
      label,
      at: (/** @type {number} */ row, /** @type {number} */ column) =>
        first + row * steps[down] + column * steps[right],
    }
  })
  const [rows, columns] = [sizes[down], sizes[right]]
  const image = picture || Math.max(rows, columns) >= IMAGE_FROM
  return { rows, columns, facets, across: acrossOf(shown, rows, columns), image, rgb: false, hidden: count - shown }
}

/** Whether a tensor is a query, a key, a value or a context of attention, a head for each place of its third axis. @param {Value} value */
function isOfHeads({ maker, uses }) {
  return [maker, ...uses].some((operation) => operation?.kind === "dot_product_attention")
}

/** @param {number} rows @param {number} columns @param {Facet["at"]} at @returns {Lay} */
function single(rows, columns, at) {
  return {
    rows,
    columns,
    facets: [{ label: "", at }],
    across: 1,
    image: Math.max(rows, columns) >= 64,
    rgb: false,
    hidden: 0,
  }
}

/**
 * The two axes of the picture: the last two that are not stacked; several pictures of one row along one axis are one picture.
 * @param {number[]} sizes @param {number[]|null} stacked
 */
function planeOf(sizes, stacked) {
  const free = [...sizes.keys()].filter((axis) => !stacked?.includes(axis))
  const [down, right] = free.length < 2 ? [sizes.length - 2, sizes.length - 1] : free.slice(-2)
  const [row, ...more] = free.filter((axis) => axis !== right && sizes[axis] > 1)
  return !stacked && row !== undefined && !more.length && row < down ? [row, right] : [down, right]
}

/** So many pictures beside each other that all of them together are about as wide as high. @param {number} count @param {number} rows @param {number} columns */
function acrossOf(count, rows, columns) {
  if (count < 3) return count
  return Math.max(1, Math.min(count, Math.round(Math.sqrt((count * Math.max(1, rows)) / Math.max(1, columns)) * 1.2)))
}
