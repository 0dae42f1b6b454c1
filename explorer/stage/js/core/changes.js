// What differs between two arrays of one tensor, and how much. Nothing here draws.

import { countText, exactText, figureText, ROUND } from "./format.js"

/** @import { Words } from "../types.js" @import { Value } from "./format.js" @import { Tensor } from "./unpack.js" */

const MOST_COMPARED = 1_048_576
/** The most changed cells of one tensor that are kept: no more are marked, and all are counted. */
export const MOST_KEPT = 4096
/** The most changed cells of one tensor that flash: more would only flicker. */
export const MOST_MARKED = 2048

/**
 * @typedef {object} Change
 * @property {number} cells of the tensor @property {number} count of those that changed
 * @property {number[]} offsets of the changed cells, the first `MOST_KEPT`
 * @property {number|bigint|null} largest the difference farthest from zero; null where no difference is a number
 * @property {number} broken changed cells whose difference is no number: NaN or infinite before or after
 * @property {ArrayLike<Value>} before the values that were there
 */

/**
 * Compare two versions of one tensor, cell by cell. NaN equals NaN, and 0 equals -0.
 * @param {Tensor} before @param {Tensor} after
 * @returns {Change|null|undefined} null where all is equal, undefined where they cannot be compared
 */
export function compare(before, after) {
  const alike =
    before.id === after.id
    && before.name === after.name
    && before.dtype === after.dtype
    && before.shape.join() === after.shape.join()
    && before.whole
    && after.whole
  const cells = after.values.length
  if (!alike || cells > MOST_COMPARED || before.values.length !== cells) return undefined
  const [old, now] = [before.values, after.values]
  const offsets = []
  let [count, broken] = [0, 0]
  /** @type {number|bigint|null} */
  let largest = null
  for (let at = 0; at < cells; at++) {
    const [was, is] = [old[at], now[at]]
    if (same(was, is)) continue
    count += 1
    if (offsets.length < MOST_KEPT) offsets.push(at)
    const difference = differenceOf(was, is, after.dtype)
    if (difference === null) broken += 1
    else if (largest === null || size(difference) > size(largest)) largest = difference
  }
  return count ? { cells, count, offsets, largest, broken, before: old } : null
}

/**
 * What changed in a whole picture since the last one.
 * @param {Tensor[]} before @param {Tensor[]} after
 * @returns {{changes: Map<string, Change>, other: boolean}} by id; `other`: whether anything is another than before
 */
export function compareAll(before, after) {
  const known = new Map(before.map((tensor) => [tensor.id, tensor]))
  const changes = new Map()
  let other = before.length !== after.length
  for (const tensor of after) {
    const old = known.get(tensor.id)
    const change = old ? compare(old, tensor) : undefined
    if (change) changes.set(tensor.id, change)
    other ||= change !== null
  }
  return { changes, other }
}

/**
 * Whether most of an input or a weight is new, as with another seed: then all follows, and marks would say nothing.
 * @param {Map<string, Change>} changes @param {Tensor[]} tensors
 */
export function isStorm(changes, tensors) {
  return tensors.some(({ id, role }) => {
    const change = role === "input" || role === "weight" ? changes.get(id) : undefined
    return change !== undefined && change.cells > 1 && 2 * change.count > change.cells
  })
}

/**
 * After minus before, rounded as the dtype rounds; null where that is no number.
 * @param {Value} was @param {Value} is @param {string} dtype
 */
function differenceOf(was, is, dtype) {
  if (typeof was === "bigint" && typeof is === "bigint") return is - was
  if (typeof was !== "number" || typeof is !== "number" || dtype === "bool") return null
  const difference = (ROUND[dtype] ?? Number)(is - was)
  return Number.isFinite(difference) ? difference : null
}

/** @param {Value} was @param {Value} is */
function same(was, is) {
  return was === is || (Number.isNaN(was) && Number.isNaN(is))
}

/** @param {number|bigint} number */
function size(number) {
  return number < 0 ? -number : number
}

/** A difference with its sign: "+0.25". @param {number|bigint} difference @param {string} text */
function signed(difference, text) {
  return difference > 0 ? `+${text}` : text
}

/** The card's line: "3 of 16 cells changed, largest +0.25". @param {Change|undefined} change @param {Words} words */
export function changeLine(change, words) {
  if (!change) return ""
  const { count, cells, largest, broken } = change
  const counts = { count: countText(count), cells: countText(cells) }
  const told =
    largest === null
      ? words("change.line", counts)
      : words("change.largest", {
          ...counts,
          largest: signed(largest, typeof largest === "bigint" ? String(largest) : figureText(largest)),
        })
  return broken && largest !== null ? `${told}, ${words("change.broken", { count: countText(broken) })}` : told
}

/**
 * What the readout says of a cell: "+0.25 since the last change", or what it was before; "" where it did not change.
 * @param {Change|undefined} change @param {Tensor} tensor @param {number} offset @param {Words} words
 */
export function changeText(change, tensor, offset, words) {
  if (!change) return ""
  const [was, is] = [change.before[offset], tensor.values[offset]]
  if (same(was, is)) return ""
  const difference = differenceOf(was, is, tensor.dtype)
  if (difference === null) return words("change.was", { before: exactText(was, tensor.dtype) })
  return words("change.since", { difference: signed(difference, exactText(difference, tensor.dtype)) })
}
