// Tapes written by hand: the message as Python writes it, and one that is filled and replayed.

import { Tape } from "../../../../../explorer/stage/js/tape/tape.js"

const KINDS = {
  float64: "f8",
  int64: "f8",
  uint64: "f8",
  int32: "i4",
  uint32: "u4",
  int16: "i2",
  uint16: "u2",
  int8: "i1",
  uint8: "u1",
  bool: "u1",
}
const words = (numbers) =>
  Array.from(numbers, (number) => (Number.isFinite(number) ? number : String(number).replace("Infinity", "inf")))

/** A header and its arrays as bytes. */
export function message(header, arrays = []) {
  const json = new TextEncoder().encode(
    JSON.stringify({ version: 1, guards: [], refusals: [], of: "a call", ...header }),
  )
  const start = Math.ceil((4 + json.length) / 8) * 8
  const bytes = new Uint8Array(
    start + arrays.reduce((sum, { offset, array }) => Math.max(sum, offset + array.byteLength), 0),
  )
  new DataView(bytes.buffer).setUint32(0, json.length, true)
  bytes.set(json, 4)
  for (const { offset, array } of arrays) bytes.set(new Uint8Array(array.buffer), start + offset)
  return bytes
}

/**
 * A program by names: `leaves` and `constants` are {name: [dtype, shape, numbers]}, `ops` [kind, attributes, inputs, {output:
 * [dtype, shape]}], `origins` {name: positions} along `axes`. Every output is shown under its name.
 */
export function written({
  leaves = {},
  constants = {},
  ops = [],
  guards = {},
  refusals = [],
  axes = [],
  origins = {},
}) {
  const made = Object.assign({}, ...ops.map(([, , , outputs]) => outputs))
  const all = Object.entries({ ...leaves, ...constants, ...made })
  const number = Object.fromEntries(all.map(([name], at) => [name, at]))
  return message({
    types: all.map(([, [dtype, shape]]) => [dtype, shape]),
    values: all.map((_, at) => at),
    leaves: Object.fromEntries(Object.keys(leaves).map((name) => [name, number[name]])),
    constants: Object.entries(constants).map(([name, [dtype, , numbers]]) => [
      number[name],
      KINDS[dtype] ?? "f4",
      words(numbers),
    ]),
    kinds: ops.map(([kind]) => kind),
    attributes: ops.map(([, attributes]) => attributes),
    ops: ops.map(([, , inputs, outputs], at) => [
      at,
      at,
      inputs.map((name) => number[name]),
      Object.keys(outputs).map((name) => number[name]),
    ]),
    shown: Object.fromEntries(Object.keys(made).map((name) => [name, number[name]])),
    guards: Object.entries(guards).map(([name, numbers]) => [number[name], words(numbers)]),
    refusals,
    axes,
    origins: Object.entries(origins).map(([name, positions]) => [number[name], "i4", positions]),
  })
}

/** The tape of a program, replayed. */
export function replayed(program) {
  const tape = new Tape(written(program))
  for (const [name, [, , numbers]] of Object.entries(program.leaves)) tape.fill(name, numbers)
  tape.replay()
  return tape
}

/**
 * What one operation gives: operands are [dtype, shape, numbers], leaves unless their number is in `fixed`.
 * @returns {number[]|number[][]} the numbers of its result, or of several
 */
export function given(kind, attributes, operands, outputs, fixed = []) {
  const tape = tapeOf(kind, attributes, operands, outputs, fixed)
  if (tape.problems.size) throw new Error([...tape.problems].join())
  const found = outputs.map((_, at) => Array.from(tape.numbers(`y${at}`)))
  return outputs.length === 1 ? found[0] : found
}

/** The replayed tape of one operation: its operands are x0, x1…, its results y0, y1… */
export function tapeOf(kind, attributes, operands, outputs, fixed = []) {
  const name = (at) => `x${at}`
  const pick = (wanted) =>
    Object.fromEntries(
      operands.map((operand, at) => [name(at), operand]).filter((_, at) => fixed.includes(at) === wanted),
    )
  return replayed({
    leaves: pick(false),
    constants: pick(true),
    ops: [
      [
        kind,
        attributes,
        operands.map((_, at) => name(at)),
        Object.fromEntries(outputs.map((type, at) => [`y${at}`, type])),
      ],
    ],
  })
}

/** The same numbers each time, between -1 and 1. */
export function numbers(count, seed = 1) {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 1073741824 - 1
  })
}

export const cells = (shape) => shape.reduce((product, size) => product * size, 1)
export const f4 = (shape, values) => ["float32", shape, values]
export const f8 = (shape, values) => ["float64", shape, values ?? numbers(cells(shape), 1 + shape.length)]
export const i4 = (shape, values) => ["int32", shape, values]
