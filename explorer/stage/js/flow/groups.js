// Which cells an operation takes together: those along some axes of a tensor. Nothing here draws.

import { size, strides } from "./kinds.js"

/**
 * @import { Operation, Value } from "./graph.js"
 *
 * @typedef {object} Groups a tensor's cells, those along some axes together
 * @property {number[]} shape @property {number[]} axes along which they lie, in order @property {number[]} kept the other axes
 * @property {number} count of groups @property {number} length of each
 * @property {(group: number) => number[]} cells of a group, in order
 * @property {(cell: number) => number} of the group in which a cell lies
 * @property {(group: number) => number[]} index along the axes that are kept
 * @property {(cell: number) => number} within the place of a cell in its group
 */

/** How far a recorded number may lie from what is computed of the operands; of 16 bits the second. */
const CLOSE = 1e-4
const COARSE = 2e-2

/**
 * The axes that an operation was given, counted from the first and in order; null where they are not told, or are none of
 * the tensor's.
 * @param {string|undefined} text as Python writes it; without one they are all @param {number} rank @returns {number[]|null}
 */
export function axesIn(text, rank) {
  const all = Array.from({ length: rank }, (_, axis) => axis)
  if (text === undefined || text === "None") return all
  if (!/^[[(]?\s*-?\d+(\s*,\s*-?\d+)*\s*,?\s*[\])]?$/.test(text)) return null
  const found = new Set((text.match(/-?\d+/g) ?? []).map((one) => (Number(one) < 0 ? Number(one) + rank : Number(one))))
  return [...found].every((axis) => axis in all) ? all.filter((axis) => found.has(axis)) : null
}

/** @param {number[]} shape @param {number[]} axes in order @returns {Groups} */
export function groupsAlong(shape, axes) {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const steps = strides(shape)
  const position = (/** @type {number} */ cell, /** @type {number[]} */ among) =>
    among.reduce((place, axis) => place * shape[axis] + (Math.floor(cell / steps[axis]) % shape[axis]), 0)
  const index = (/** @type {number} */ place, /** @type {number[]} */ among) => {
    const found = among.map(() => 0)
    for (let at = among.length - 1; at >= 0; at--) {
      found[at] = place % shape[among[at]]
      place = Math.floor(place / shape[among[at]])
    }
    return found
  }
  const start = (/** @type {number} */ place, /** @type {number[]} */ among) =>
    index(place, among).reduce((sum, at, axis) => sum + at * steps[among[axis]], 0)
  const length = size(axes.map((axis) => shape[axis]))
  /** @type {number[]|null} */
  let offsets = null
  return {
    shape,
    axes,
    kept,
    count: size(kept.map((axis) => shape[axis])),
    length,
    cells: (group) => {
      offsets ??= Array.from({ length }, (_, at) => start(at, axes))
      const first = start(group, kept)
      return offsets.map((offset) => first + offset)
    },
    of: (cell) => position(cell, kept),
    index: (group) => index(group, kept),
    within: (cell) => position(cell, axes),
  }
}

/** Whether a recorded number is what was computed, as exactly as its kind of numbers tells. @param {number} recorded @param {number} computed @param {number} weight the size of what was added up @param {string} dtype of the least exact number in it */
export function isClose(recorded, computed, weight, dtype) {
  if (Number.isNaN(recorded) || Number.isNaN(computed)) return Number.isNaN(recorded) && Number.isNaN(computed)
  if (!Number.isFinite(recorded) || !Number.isFinite(computed)) return recorded === computed
  return Math.abs(recorded - computed) <= (/16$/.test(dtype) ? COARSE : CLOSE) * Math.max(weight, 1e-6)
}

/** The kind of numbers of the least exact of some tensors. @param {Value[]} values */
export function coarsest(values) {
  return (values.find(({ dtype }) => /16$/.test(dtype)) ?? values[0]).dtype
}

/** The operand that fills a parameter. @param {Operation} operation @param {string} name @returns {Value|null} */
export function givenTo({ given }, name) {
  const found = given[name]
  return found?.length === 1 ? found[0] : null
}

/** Mean and standard deviation. @param {number[]} numbers */
export function spreadOf(numbers) {
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const variance = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0) / numbers.length
  return { mean, deviation: Math.sqrt(variance) }
}
