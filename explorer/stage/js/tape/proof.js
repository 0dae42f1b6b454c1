// Whether what is computed here is what TensorFlow computed. Nothing here draws.

import { isComplex, isFloat } from "./numbers.js"

/**
 * @import { Tape } from "./tape.js"
 *
 * @typedef {ArrayLike<number|bigint>} Recorded TensorFlow's own numbers; of a complex tensor the real part and the imaginary
 * one in turn
 *
 * @typedef {object} Proof
 * @property {boolean} live whether the tape may stand for the layer
 * @property {number} worst the largest difference from TensorFlow's numbers, as a part of the tensor's largest
 * @property {string} id of the tensor where that is, "" if all is equal
 * @property {""|"tape.missing"|"tape.guards"|"tape.differs"} why it may not
 */

/** A difference that rounding explains, as a part of the tensor's largest number. @type {Record<string, number>} */
const ALLOWED = { float64: 1e-5, float32: 1e-5, complex64: 1e-5, float16: 4e-3, bfloat16: 1e-2 }

/**
 * Compares every tensor that is shown, after a replay of the recorded inputs and weights.
 * @param {Tape} tape @param {(id: string) => Recorded|null} recorded null for what is not at hand, which proves nothing
 * @returns {Proof}
 */
export function proof(tape, recorded) {
  if (!tape.whole) return { live: false, worst: Infinity, id: "", why: "tape.missing" }
  if (!tape.holds) return { live: false, worst: Infinity, id: "", why: "tape.guards" }
  let [worst, id, share] = [0, "", 0]
  for (const name of tape.shown.keys()) {
    const [value, theirs] = [tape.value(name), recorded(name)]
    if (!value?.data || !theirs) continue
    const gap = relativeGap(value.data, theirs, value.dtype)
    const allowed = ALLOWED[value.dtype] ?? 0
    const own = gap ? gap / allowed : 0
    if (own > share) [worst, id, share] = [gap, name, own]
  }
  return { live: share <= 1, worst, id, why: share <= 1 ? "" : "tape.differs" }
}

/**
 * The largest difference as a part of the largest number; Infinity where one has a NaN or an infinity and the other has not, or
 * where whole numbers differ.
 * @param {ArrayLike<number>} mine @param {Recorded} theirs @param {string} dtype
 */
function relativeGap(mine, theirs, dtype) {
  if (mine.length !== theirs.length) return Infinity
  let [gap, most] = [0, 0]
  for (let at = 0; at < mine.length; at++) {
    const [one, other] = [mine[at], Number(theirs[at])]
    if (Number.isFinite(other)) most = Math.max(most, Math.abs(other))
    if (one === other || Object.is(one, other)) continue
    if (!Number.isFinite(one) || !Number.isFinite(other) || !(isFloat(dtype) || isComplex(dtype))) return Infinity
    gap = Math.max(gap, Math.abs(one - other))
  }
  return gap ? gap / most : 0
}

/**
 * How many cells are the same bits, of how many, and the largest difference: Infinity where only one of two is a number.
 * @param {ArrayLike<number>} mine @param {Recorded} theirs of the same tensor
 */
export function agreement(mine, theirs) {
  let [same, largest] = [0, 0]
  for (let at = 0; at < mine.length; at++) {
    const [one, other] = [mine[at], Number(theirs[at])]
    if (Object.is(one, other)) same++
    else if (one !== other) largest = Math.max(largest, Number.isNaN(one - other) ? Infinity : Math.abs(one - other))
  }
  return { same, cells: mine.length, largest }
}
