// Masks: what a mask leaves out is hatched on the tensor that it acts on. It claims nothing.

import { kept } from "../../core/dom.js"
import { spreadOf } from "../broadcast.js"
import { labelOf, signOf } from "../kinds.js"
import { overlay } from "../overlay.js"

/**
 * @import { Graph, Operation, Value } from "../graph.js" @import { Scene } from "../scene.js"
 *
 * @typedef {object} Mask
 * @property {Operation} operation in which it acts @property {Value} mask @property {Value} acts what it acts on
 * @property {Set<number>} out the cells that it leaves out
 */

/** So many masks of a flow are told in words. */
const MOST_TOLD = 4

/** @type {WeakMap<Graph, Mask[]>} */
const known = new WeakMap()

/** The masks of a flow. @param {Graph} graph */
export function masksOf(graph) {
  return kept(known, graph, () => graph.operations.flatMap((operation) => maskOf(operation) ?? []))
}

/** @param {Operation} operation @returns {Mask|null} */
function maskOf(operation) {
  const sign = signOf(operation)
  if (sign !== "where" && sign !== "×") return null
  const [first, second] = operation.operands
  const mask = sign === "where" ? (operation.given.condition?.[0] ?? first) : [second, first].find(isMask)
  if (!mask?.cells) return null
  const spread = spreadOf(operation)
  const own = spread?.operands.find(({ value }) => value === mask)
  const acts = spread?.operands.find(({ value }) => value !== mask && value.dtype !== "bool")
  if (!spread || !own || !acts || acts.value === mask) return null
  const others = sign === "where" ? spread.operands.filter(({ value }) => value !== mask && value !== acts.value) : []
  if (others.some(({ value }) => !isOneNumber(value))) return null // both are chosen from: nothing is left out
  const swapped = sign === "where" && operation.operands.length === 2 && operation.attributes.x1 !== undefined
  const out = new Set()
  const count = spread.result.cells?.length ?? 0
  for (let cell = 0; cell < count; cell++)
    if (Boolean(mask.cells[own.reads(cell)]) === swapped) out.add(acts.reads(cell))
  const some = out.size > 0 && (acts.value.cells?.length ?? 0) === count
  return some ? { operation, mask, acts: acts.value, out } : null
}

/** Whether all cells of a value are the same. @param {Value} value */
function isOneNumber({ cells }) {
  return cells !== null && Array.from(cells).every((cell) => cell === cells[0])
}

/** Whether a factor is a mask: true or false, or 0 and 1, given as a mask or as a weight or made of what is true or false. @param {Value|undefined} value */
function isMask(value) {
  if (!value?.cells) return false
  const known = value.dtype === "bool" || value.role === "mask" || (value.role === "weight" && !value.maker)
  const cast = value.maker?.kind === "cast" && value.maker.operands[0]?.dtype === "bool"
  return (known || cast) && Array.from(value.cells).every((cell) => Number(cell) === 0 || Number(cell) === 1)
}

/** Where a mask comes from: the first operation in which something became true or false; null where it was given. @param {Value} mask @returns {Operation|null} */
function bornIn(mask) {
  let { maker } = mask
  for (;;) {
    const before = maker?.operands.find((value) => value.maker && (value.dtype === "bool" || maker?.kind === "cast"))
    if (!before) return maker
    maker = before.maker
  }
}

/** @param {Mask} mask @param {Graph} graph */
function lastUse({ mask }, graph) {
  return masksOf(graph).findLast((one) => one.mask === mask)?.operation
}

/** @param {Operation} operation its source in one line */
function line({ text, kind }) {
  return text.split("\n")[0].trim() || kind
}

/** @param {Mask} found @param {Scene} scene */
function told(found, { words, graph }) {
  const { mask, acts, out } = found
  const born = bornIn(mask)
  const last = lastUse(found, graph)
  const name = labelOf(mask)
  const parts = [
    words("flow.masks.says", { mask: name, count: out.size, total: acts.cells?.length ?? 0, name: labelOf(acts) }),
    born ? words("flow.masks.born", { mask: name, source: line(born) }) : words("flow.masks.given", { mask: name }),
  ]
  if (last) parts.push(words("flow.masks.ends", { source: line(last) }))
  return parts.join(" ")
}

export default overlay("masks", {
  hatches: (scene) =>
    masksOf(scene.graph).flatMap(({ operation, acts, out }) =>
      scene.progress(operation) > 0 ? [{ value: acts, cells: out }] : [],
    ),
  tells: (scene) =>
    masksOf(scene.graph)
      .slice(0, MOST_TOLD)
      .map((mask) => told(mask, scene))
      .join(" "),
})
