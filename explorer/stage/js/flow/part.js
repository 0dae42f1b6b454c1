// A part of a flow as a flow of its own: what a folded block holds, seen from inside. Nothing here draws.

import { kept } from "../core/dom.js"
import { labelOf } from "./kinds.js"

/** @import { Graph, Operation, Value } from "./graph.js" */

/**
 * The flow of some operations. What they are given from outside is an input here, what others need of them
 * is an output; cells, names and places in the source stay as they are.
 * @param {Operation[]} members in order @returns {Graph}
 */
export function partOf(members) {
  /** @type {Map<Value, Value>} */
  const copies = new Map()
  const copyOf = (/** @type {Value} */ value) => kept(copies, value, () => Object.create(value))
  /** @type {Map<Operation, Operation>} */
  const own = new Map()
  members.forEach((operation, order) => {
    const { operands, results, given } = operation
    own.set(operation, {
      ...operation,
      order,
      operands: operands.map(copyOf),
      results: results.map(copyOf),
      given: Object.fromEntries(Object.entries(given).map(([name, values]) => [name, values.map(copyOf)])),
    })
  })
  for (const value of copies.keys()) if (value.slice) copyOf(value.slice.of)
  for (const [value, copy] of copies) {
    const maker = (value.maker && own.get(value.maker)) ?? null
    const leaves = value.role === "output" || value.uses.some((user) => !own.has(user))
    Object.assign(copy, {
      maker,
      uses: value.uses.flatMap((user) => own.get(user) ?? []),
      title: value.title || labelOf(value),
      role: maker ? (leaves ? "output" : "") : ["weight", "mask"].includes(value.role) ? value.role : "input",
      slice: value.slice && { ...value.slice, of: copyOf(value.slice.of) },
    })
  }
  const values = [...copies.values()]
  const having = (/** @type {string} */ role) => values.filter((value) => value.role === role)
  return {
    values,
    operations: [...own.values()],
    trials: 0,
    inputs: having("input"),
    masks: having("mask"),
    weights: having("weight"),
    outputs: having("output"),
  }
}
