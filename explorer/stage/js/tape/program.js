// The tape's message -> its tensors and operations, ready to run, and what stands in the way. Nothing here draws.

import { COMPLEX, KERNELS, VIEWS } from "./kernels/index.js"
import { readTape } from "./message.js"
import { isComplex, makeNumbers, readNumber, rounder } from "./numbers.js"
import { ownPlaces } from "./origins.js"
import { sizeOf } from "./shapes.js"

/**
 * @import { Bytes } from "../types.js" @import { Attributes, Back, Context, Operand } from "./kernels/kernel.js"
 * @import { TapeHeader } from "./message.js" @import { Numbers } from "./numbers.js"
 *
 * @typedef {object} Value a tensor
 * @property {string} dtype @property {number[]} shape
 * @property {Numbers|null} data the same array for good; null for what has no numbers here
 * @property {boolean} constant whether no leaf reaches it
 *
 * @typedef {object} Operation
 * @property {string} kind @property {number[]} inputs @property {number[]} outputs numbers of values
 * @property {() => void} run @property {Back} [back] @property {() => string} [fault]
 *
 * @typedef {object} Program
 * @property {TapeHeader} header @property {Value[]} values by their numbers @property {Operation[]} operations in their order
 * @property {Set<string>} problems why it cannot be replayed whole
 * @property {Map<number, Numbers>} origins for every axis of the inputs from where on it each cell comes, by value
 */

/** @param {Bytes} bytes @returns {Program} */
export function readProgram(bytes) {
  const { header, array } = readTape(bytes)
  /** @type {Value[]} */
  const values = header.values.map((type) => {
    const [dtype, shape] = header.types[type]
    return { dtype, shape, data: null, constant: false }
  })
  for (const [number, kind, stored] of header.constants) {
    const value = values[number]
    value.constant = true
    value.data = typeof stored === "number" ? array(kind, stored, cellsOf(value)) : fresh(value)
    if (typeof stored !== "number") value.data?.set(stored.map(readNumber))
  }
  const leaves = Object.values(header.leaves)
  for (const number of leaves) {
    values[number].data ??= fresh(values[number])
    values[number].constant = false // a parameter is one whose number is known
  }
  const problems = new Set(header.refusals)
  const blocked = new Set() // values without numbers, of which it is said why
  const operations = []
  for (const [kindAt, attributesAt, inputs, outputs] of header.ops) {
    const kind = header.kinds[kindAt]
    const [given, made] = [inputs, outputs].map((numbers) => numbers.map((number) => values[number]))
    if (!given.some((value) => blocked.has(value))) {
      try {
        operations.push({ kind, inputs, outputs, ...prepare(kind, given, made, header.attributes[attributesAt]) })
        continue
      } catch (error) {
        problems.add(`${kind}: ${error instanceof Error ? error.message : error}`)
      }
    }
    for (const value of made) {
      value.data = null
      blocked.add(value)
    }
  }
  for (const number of [...leaves, ...Object.values(header.shown)]) {
    const { data, dtype } = values[number]
    if (!data && !blocked.has(values[number])) problems.add(`${dtype}: it has no numbers here`)
  }
  const origins = new Map()
  for (const [number, kind, stored] of header.origins) {
    const cells = header.axes.length * sizeOf(values[number].shape)
    origins.set(number, typeof stored === "number" ? array(kind, stored, cells) : Int32Array.from(stored.map(Number)))
  }
  for (const id of new Set(header.axes.map(([tensor]) => tensor))) {
    const number = header.leaves[id]
    origins.set(number, ownPlaces(id, values[number].shape, header.axes))
  }
  return { header, values, operations, problems, origins }
}

/** How many numbers a value has. @param {Value} value */
function cellsOf({ dtype, shape }) {
  return sizeOf(shape) * (isComplex(dtype) ? 2 : 1)
}

/** @param {Value} value */
function fresh({ dtype, shape }) {
  return makeNumbers(dtype, sizeOf(shape))
}

/** Gives the outputs their arrays and makes what fills them. @param {string} kind @param {Value[]} given @param {Value[]} made @param {Attributes} attributes */
function prepare(kind, given, made, attributes) {
  const kernel = KERNELS.get(kind)
  if (!kernel) throw new Error("it is not known here")
  if ([...given, ...made].some(({ dtype }) => isComplex(dtype)) && !COMPLEX.has(kind)) {
    throw new Error("it is not known here for complex numbers")
  }
  const isView = VIEWS.has(kind)
  const inputs = given.map(operand)
  for (const value of made) value.data = isView ? inputs[0].data : fresh(value)
  const outputs = made.map(operand)
  const { run, back, fault } = kernel({ kind, inputs, outputs, attributes })
  return { run: isView ? run : rounded(run, outputs), back, fault }
}

/** @param {Value} value @returns {Operand} */
function operand({ dtype, shape, data, constant }) {
  if (!data) throw new Error(`${dtype} has no numbers here`)
  return { dtype, shape, data, constant }
}

/** @param {() => void} run @param {Operand[]} outputs */
function rounded(run, outputs) {
  const rounds = outputs.flatMap(({ dtype, data }) => {
    const round = rounder(dtype)
    return round ? [() => round(data)] : []
  })
  if (!rounds.length) return run
  return () => {
    run()
    for (const round of rounds) round()
  }
}
