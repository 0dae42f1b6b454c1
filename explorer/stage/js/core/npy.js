// Tensors as files and as text to paste. Nothing here draws.

import { exactText } from "./format.js"

/** @import { Value } from "./format.js" */

/**
 * @typedef {{from(values: ArrayLike<Value>, as: (value: Value) => number|bigint): ArrayBufferView}} Kind of a typed array
 *
 * NumPy's name of each dtype and the array that holds it. bfloat16 is not NumPy's: it travels as float32.
 * @type {Record<string, [string, Kind]>}
 */
const FILES = {
  float64: ["<f8", Float64Array],
  float32: ["<f4", Float32Array],
  bfloat16: ["<f4", Float32Array],
  int64: ["<i8", BigInt64Array],
  uint64: ["<u8", BigUint64Array],
  int32: ["<i4", Int32Array],
  uint32: ["<u4", Uint32Array],
  int16: ["<i2", Int16Array],
  uint16: ["<u2", Uint16Array],
  int8: ["|i1", Int8Array],
  uint8: ["|u1", Uint8Array],
  bool: ["|b1", Uint8Array],
  float16: ["<f2", Uint16Array],
}

/**
 * The bytes of a .npy file (version 1.0); null for a dtype that it cannot hold.
 * @param {ArrayLike<Value>} values @param {number[]} shape @param {string} dtype
 */
export function npyBytes(values, shape, dtype) {
  if (!FILES[dtype]) return null
  const [description, kind] = FILES[dtype]
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`
  const header = `{'descr': '${description}', 'fortran_order': False, 'shape': ${tuple}, }`
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`
  const data =
    dtype === "float16" ? Uint16Array.from(values, (value) => halfBits(Number(value))) : convert(kind, values)
  const bytes = new Uint8Array(10 + padded.length + data.byteLength)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8])
  bytes.set(new TextEncoder().encode(padded), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + padded.length)
  return bytes
}

/** @param {Kind} kind @param {ArrayLike<Value>} values */
function convert(kind, values) {
  const big = kind === BigInt64Array || kind === BigUint64Array
  return kind.from(values, big ? BigInt : Number)
}

/** The 16 bits of a value that float16 holds exactly. @param {number} value */
export function halfBits(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size === Infinity || size > 65504) return sign | 0x7c00
  if (size < 2 ** -14) return sign | Math.round(size / 2 ** -24)
  const exponent = Math.floor(Math.log2(size))
  return sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024)
}

/**
 * Rank 2 and below as a plain grid; above, one line a cell with its index before it.
 * @param {ArrayLike<Value>} values @param {number[]} shape @param {string} dtype @param {string[]} axes
 */
export function csvText(values, shape, dtype, axes) {
  const cell = (/** @type {Value} */ value) => quoted(exactText(value, dtype))
  if (shape.length <= 2) {
    const columns = shape.length ? shape[shape.length - 1] : 1
    const rows = shape.length === 2 ? shape[0] : 1
    const line = (/** @type {number} */ row) =>
      Array.from({ length: columns }, (_, column) => cell(values[row * columns + column])).join(",")
    return Array.from({ length: rows }, (_, row) => `${line(row)}\n`).join("")
  }
  const names = shape.map((_, axis) => quoted(axes[axis] || `axis ${axis}`))
  const lines = [[...names, "value"].join(",")]
  const index = shape.map(() => 0)
  for (let position = 0; position < values.length; position++) {
    lines.push([...index, cell(values[position])].join(","))
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0
  }
  return `${lines.join("\n")}\n`
}

/**
 * A text that begins with = + @ would be a formula to a spreadsheet, so it is quoted behind an apostrophe.
 * @param {string} text
 */
function quoted(text) {
  const number = (text !== "" && !Number.isNaN(Number(text))) || ["nan", "inf", "-inf"].includes(text)
  const safe = !number && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Python that makes the array again. @param {ArrayLike<Value>} values @param {number[]} shape @param {string} dtype */
export function numpyText(values, shape, dtype) {
  /** @type {Record<string, string>} */
  const words = { nan: "np.nan", inf: "np.inf", "-inf": "-np.inf", "-0": "-0.0" }
  const cell = (/** @type {Value} */ value) => {
    const text = exactText(value, dtype)
    return typeof value === "string" ? JSON.stringify(value) : (words[text] ?? text)
  }
  let position = 0
  /** @param {number} axis @returns {string} */
  const nest = (axis) => {
    if (axis === shape.length) return cell(values[position++])
    const parts = Array.from({ length: shape[axis] }, () => nest(axis + 1))
    const last = axis === shape.length - 1
    return `[${parts.join(last ? ", " : `,\n${" ".repeat(axis + 10)}`)}]`
  }
  const name = dtype === "bfloat16" ? "float32" : dtype === "string" ? "str" : dtype
  const text = nest(0)
  const empty = shape.includes(0) ? `.reshape(${shape.join(", ")})` : ""
  return `np.array(${text}, dtype="${name}")${empty}`
}
