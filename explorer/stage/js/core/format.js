// Numbers and shapes as text. Nothing here draws.

/** @typedef {number|bigint|string} Value */

const GROUPS = /\B(?=(\d{3})+(?!\d))/g

/**
 * Rounds to a binary float of `bits` significant bits and the given exponent range, ties to even.
 * @param {number} value @param {number} bits @param {number} smallestExponent @param {number} largest
 */
function roundTo(value, bits, smallestExponent, largest) {
  if (value === 0 || !Number.isFinite(value)) return value
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), smallestExponent)
  const unit = 2 ** (exponent - bits + 1)
  const scaled = value / unit
  let whole = Math.round(scaled)
  if (Math.abs(scaled % 1) === 0.5 && whole % 2 !== 0) whole -= 1
  const rounded = whole * unit
  return Math.abs(rounded) > largest ? Math.sign(value) * Infinity : rounded
}

/** How each float dtype rounds a double. @type {Record<string, (value: number) => number>} */
export const ROUND = {
  float64: (value) => value,
  float32: Math.fround,
  float16: (value) => roundTo(value, 11, -14, 65504),
  bfloat16: (value) => roundTo(value, 8, -126, 3.3895313892515355e38),
}

/**
 * The shortest text that reads back as the same value of that dtype.
 * @param {Value} value @param {string} dtype @returns {string}
 */
export function exactText(value, dtype) {
  if (typeof value === "string") return value
  if (dtype === "bool") return value ? "True" : "False"
  if (typeof value === "bigint") return value.toString()
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  if (Object.is(value, -0)) return "-0"
  const round = ROUND[dtype]
  if (!round || dtype === "float64" || (Number.isInteger(value) && Math.abs(value) < 1e6)) return String(value)
  for (let digits = 1; digits <= 9; digits++) {
    const near = Number(value.toPrecision(digits))
    if (round(near) === value) return String(near)
  }
  return String(value)
}

/**
 * A text of at most `room` characters, as exact as it can be; "" where not even one digit would be true.
 * @param {Value} value @param {string} dtype @param {number} room @returns {string}
 */
export function compactText(value, dtype, room) {
  const exact = exactText(value, dtype)
  if (exact.length <= room) return exact
  if (typeof value === "string") return room >= 2 ? `${exact.slice(0, room - 1)}…` : ""
  if (dtype === "bool") return room >= 1 ? exact[0] : ""
  const number = Number(value)
  if (!Number.isFinite(number)) return ""
  for (let digits = 6; digits >= 1; digits--) {
    const plain = String(Number(number.toPrecision(digits)))
    const powers = shortExponent(number.toExponential(digits - 1))
    const shorter = plain.length <= powers.length ? plain : powers
    if (shorter.length <= room) return shorter
  }
  return ""
}

/** @param {string} text */
function shortExponent(text) {
  return text.replace("e+", "e").replace(/\.?0*e/, "e")
}

/**
 * One way to print a whole picture's cells: all exact if they fit, else the same number of decimals for all.
 * @param {ArrayLike<Value>} values a sample of what is shown @param {string} dtype @param {number} room
 * @returns {(value: Value) => string}
 */
export function cellFormatter(values, dtype, room) {
  const sample = Array.from(values)
  if (!(dtype in ROUND) || sample.every((value) => exactText(value, dtype).length <= room)) {
    return (value) => compactText(value, dtype, room)
  }
  const finite = sample.map(Number).filter(Number.isFinite)
  for (let decimals = 4; decimals >= 1; decimals--) {
    if (finite.every((value) => value.toFixed(decimals).length <= room)) {
      return (value) => {
        const text = fixedText(Number(value), dtype, decimals)
        return text.length <= room ? text : compactText(value, dtype, room) || "≈0"
      }
    }
  }
  return (value) => compactText(value, dtype, room)
}

/**
 * With so many decimals; exactly where that is no longer; in powers of ten where only zeros would be left.
 * @param {number} value @param {string} dtype @param {number} decimals
 */
function fixedText(value, dtype, decimals) {
  const exact = exactText(value, dtype)
  if (!Number.isFinite(value)) return exact
  const fixed = value.toFixed(decimals)
  if (exact.length <= fixed.length) return exact
  if (value !== 0 && Number(fixed) === 0) return shortExponent(value.toExponential(0))
  return fixed
}

/** A figure about many values (a mean, a limit): six significant digits. @param {number} value */
export function figureText(value) {
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  const near = Number(value.toPrecision(6))
  const [plain, powers] = [String(near), shortExponent(near.toExponential())]
  return plain.length > 10 && powers.length < plain.length ? powers : plain
}

/** A count with thousands apart: 1,048,576. @param {number} count */
export function countText(count) {
  return String(count).replace(GROUPS, ",")
}

/**
 * "batch: 2 × time: 5", or "2 × 5" where axes have no names.
 * @param {number[]} shape @param {string[]} axes
 */
export function shapeText(shape, axes) {
  return shape.map((size, axis) => (axes[axis] ? `${axes[axis]}: ${countText(size)}` : countText(size))).join(" × ")
}

/** "[1, 3]" @param {(number|string)[]} index */
export function indexText(index) {
  return `[${index.join(", ")}]`
}

/** "time 1, features 3", of the axes that have names. @param {number[]} index @param {string[]} axes */
export function placeText(index, axes) {
  if (axes.length !== index.length) return ""
  return index.flatMap((position, axis) => (axes[axis] ? [`${axes[axis]} ${position}`] : [])).join(", ")
}

/** Fills "{name}" in a text. @param {string} text @param {Record<string, unknown>} [parameters] */
export function fill(text, parameters = {}) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in parameters ? String(parameters[name]) : whole))
}

/**
 * The number that the header tells, which sends what JSON cannot hold as text.
 * @param {number|string|null} value @returns {number|bigint|null}
 */
export function readNumber(value) {
  if (typeof value !== "string") return value
  if (value === "nan") return NaN
  if (value === "inf" || value === "-inf") return value === "inf" ? Infinity : -Infinity
  return BigInt(value)
}
