// The range that a tensor's colours span. Nothing here draws.

import { makeScale } from "./colour.js"
import { kept } from "./dom.js"

/** @typedef {import("./unpack.js").Tensor} Tensor */

/** @type {Record<string, string>} */
const GROUPS = { mask: "input", after: "before", constrained: "before", other: "this" }

/** Tensors that are drawn in one column, and may share a scale. @param {string} role */
export function groupOf(role) {
  return GROUPS[role] ?? role
}

/** The largest magnitude among a tensor's finite values. @param {{statistics: Tensor["statistics"]}} tensor */
export function largest({ statistics }) {
  if (statistics.minimum === null || statistics.minimum === undefined) return 0
  return Math.max(Math.abs(Number(statistics.minimum)), Math.abs(Number(statistics.maximum)))
}

/**
 * For every signed tensor the end of the shared scale: the largest magnitude in its column, or of all.
 * @param {Tensor[]} tensors @param {boolean} [one] whether all share one scale @returns {Map<string, number>} by id
 */
export function sharedEnds(tensors, one = false) {
  /** @type {Map<string, number>} */
  const groups = new Map()
  const shares = (/** @type {Tensor} */ { scale, role }) => scale === "signed" && role !== "difference" // a difference has its own
  const groupNamed = (/** @type {string} */ role) => (one ? "" : groupOf(role))
  for (const tensor of tensors.filter(shares)) {
    const group = groupNamed(tensor.role)
    groups.set(group, Math.max(groups.get(group) ?? 0, largest(tensor)))
  }
  return new Map(tensors.filter(shares).map((tensor) => [tensor.id, groups.get(groupNamed(tensor.role)) ?? 0]))
}

/** Where 3 × RMS is nearer than the largest value. @param {Tensor} tensor */
export function canLimit(tensor) {
  const rms = tensor.statistics.rms ?? 0
  return tensor.scale === "signed" && rms > 0 && 3 * rms < largest(tensor)
}

/**
 * @param {Tensor} tensor @param {{dark: boolean, shared?: number, limited?: boolean}} options
 * @returns {import("./colour.js").Scale|null} null for text
 */
export function scaleOf(tensor, { dark, shared, limited = false }) {
  const { scale, statistics } = tensor
  if (scale === "text" || !tensor.numbers) return null
  if (scale === "probability") return makeScale("probability", { low: 0, high: 1, dark })
  if (scale === "boolean" || scale === "category") {
    const values = scale === "category" ? distinct(tensor) : []
    return makeScale(scale, {
      low: Number(statistics.minimum ?? 0),
      high: Number(statistics.maximum ?? 0),
      dark,
      values,
    })
  }
  if (scale === "image" && Number(statistics.minimum ?? 0) >= 0) {
    return makeScale("image", { low: 0, high: largest(tensor) > 1 ? 255 : 1, dark })
  }
  const end = limited && canLimit(tensor) ? 3 * (statistics.rms ?? 0) : (shared ?? largest(tensor))
  return makeScale("signed", { low: -end, high: end, dark })
}

const MOST_DISTINCT = 10
/** @type {WeakMap<Tensor, number[]>} */
const known = new WeakMap()

/** The numbers that occur, in order, if they are few; else none. @param {Tensor} tensor @returns {number[]} */
export function distinct(tensor) {
  return kept(known, tensor, () => {
    const numbers = tensor.numbers ?? []
    /** @type {Set<number>} */
    const seen = new Set()
    for (let at = 0; at < numbers.length && seen.size <= MOST_DISTINCT; at++) {
      if (Number.isFinite(numbers[at])) seen.add(numbers[at])
    }
    return seen.size <= MOST_DISTINCT ? [...seen].sort((a, b) => a - b) : []
  })
}

/** Whether three channels may be shown as one picture. @param {Tensor} tensor @returns {number} the axis, or -1 */
export function colourAxis(tensor) {
  if (tensor.scale !== "image" || !tensor.whole || tensor.shape.length < 3 || !tensor.numbers) return -1
  const axis = tensor.shape.length - 1
  const { minimum, maximum } = tensor.statistics
  return tensor.shape[axis] === 3 && Number(minimum ?? -1) >= 0 && Number(maximum) <= 255 ? axis : -1
}
