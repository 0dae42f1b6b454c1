// What a dtype means in the browser: which array holds its numbers, and how a number is rounded to it. Nothing here draws.

/**
 * @typedef {Float64Array|Float32Array|Int32Array|Uint32Array|Int16Array|Uint16Array|Int8Array|Uint8Array} Numbers
 * @typedef {string|number|boolean} Word a number as the message says it: JSON has no NaN and no infinities
 */

/**
 * float16 and bfloat16 are held as float32 and rounded after each operation; int64 as float64, exact up to 2^53; a complex
 * number is two numbers side by side.
 * @type {Record<string, {new (length: number): Numbers}>}
 */
const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Float32Array,
  bfloat16: Float32Array,
  complex64: Float32Array,
  int64: Float64Array,
  uint64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}
/** @type {Record<string, (numbers: Numbers) => void>} */
const ROUNDERS = { float16: roundFloat16, bfloat16: roundBfloat16, int64: cutOff, uint64: cutOff }

/** The exponent of the distance from 1 to the next number. @type {Record<string, number>} */
const PRECISIONS = { float64: -52, float32: -23, complex64: -23, float16: -10, bfloat16: -7 }

/** The least finite number. @type {Record<string, number>} */
const LOWEST = {
  float64: -Number.MAX_VALUE,
  float32: -(2 - 2 ** -23) * 2 ** 127,
  float16: -65504,
  bfloat16: -(2 - 2 ** -7) * 2 ** 127,
  int64: -(2 ** 63),
  int32: -(2 ** 31),
  int16: -(2 ** 15),
  int8: -(2 ** 7),
}

/** An array for the numbers of a tensor; null for a dtype that has none here. @param {string} dtype @param {number} cells */
export function makeNumbers(dtype, cells) {
  const kind = ARRAYS[dtype]
  return kind ? new kind(isComplex(dtype) ? 2 * cells : cells) : null
}

/** @param {string} dtype */
export function isFloat(dtype) {
  return dtype in PRECISIONS && !isComplex(dtype)
}

/** @param {string} dtype */
export function isComplex(dtype) {
  return dtype.startsWith("complex")
}

/** Whether its numbers can be moved a little. @param {string} dtype */
export function isContinuous(dtype) {
  return dtype in PRECISIONS
}

/** @param {string} dtype of an integer or a boolean: 0 */
export function lowest(dtype) {
  return LOWEST[dtype] ?? 0
}

/** @param {string} dtype of floating-point numbers */
export function precision(dtype) {
  return PRECISIONS[dtype]
}

/** What rounds an array in place; null where its own kind of array does. @param {string} dtype */
export function rounder(dtype) {
  return ROUNDERS[dtype] ?? null
}

/** @param {Numbers} numbers */
function cutOff(numbers) {
  for (let at = 0; at < numbers.length; at++) numbers[at] = Math.trunc(numbers[at]) || 0 // a NaN is 0, as in an Int32Array
}

/** To the nearest, of two to the even one. @param {Numbers} numbers */
function roundBfloat16(numbers) {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  for (let at = 0; at < bits.length; at++) {
    if (!Number.isNaN(numbers[at])) bits[at] = (bits[at] + 0x7fff + ((bits[at] >>> 16) & 1)) & 0xffff0000
  }
}

const HALF_NORMAL = 2 ** -14
const HALF_OVER = 65520 // from here on the nearest float16 is infinity
const HALF_QUANTUM = 0.75 // float32 numbers near it are a float16 subnormal's quantum apart

/** To the nearest, of two to the even one. @param {Numbers} numbers */
function roundFloat16(numbers) {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  for (let at = 0; at < bits.length; at++) {
    const number = numbers[at]
    const size = Math.abs(number)
    if (size >= HALF_OVER) numbers[at] = number > 0 ? Infinity : -Infinity
    else if (size >= HALF_NORMAL) bits[at] = (bits[at] + 0xfff + ((bits[at] >>> 13) & 1)) & 0xffffe000
    else if (size > 0) numbers[at] = Math.fround(number + HALF_QUANTUM) - HALF_QUANTUM || 0 * number // a zero keeps its sign
  }
}

/** @param {Word} word "nan", "inf", "-inf" or the number itself */
export function readNumber(word) {
  return Number(typeof word === "string" ? word.replace("inf", "Infinity") : word)
}
