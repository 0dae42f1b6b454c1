// What each kind of operation is called on the stage, and the arithmetic of indices. Nothing here draws.

/** @import { Operation, Value } from "./graph.js" */

/** @type {Record<string, string>} */
const SIGNS = {
  "+": "+", add: "+", add_n: "+", bias_add: "+", "-": "−", subtract: "−", negative: "−", "*": "×", multiply: "×",
  "/": "÷", divide: "÷", true_divide: "÷", divide_no_nan: "÷", "//": "÷", floordiv: "÷", "**": "^", power: "^", pow: "^",
  "@": "·", matmul: "·", dot: "·", tensordot: "·", einsum: "·", batch_dot: "·", conv: "∗", convolution: "∗", conv1d: "∗",
  conv2d: "∗", conv3d: "∗", depthwise_conv: "∗", separable_conv: "∗", conv_transpose: "∗ᵀ", transpose: "ᵀ",
  sum: "Σ", reduce_sum: "Σ", mean: "mean", reduce_mean: "mean", max: "max", reduce_max: "max", min: "min",
  reduce_min: "min", maximum: "max", minimum: "min", sigmoid: "σ", square: "x²", sqrt: "√", rsqrt: "1/√", reciprocal: "1/x",
  absolute: "|x|", abs: "|x|", dot_product_attention: "attention", "==": "=", equal: "=", "!=": "≠", not_equal: "≠",
  "<": "<", less: "<", ">": ">", greater: ">", "<=": "≤", less_equal: "≤", ">=": "≥", greater_equal: "≥",
  logical_and: "and", logical_or: "or", logical_not: "not", "[]": "[ ]", concatenate: "concat", take: "take",
} // biome-ignore format: several a line

const CONTRACTIONS = new Set(["·", "∗", "∗ᵀ"])
const ACTIVATIONS = new Set([
  "tanh", "relu", "relu6", "sigmoid", "hard_sigmoid", "softplus", "softsign", "elu", "selu", "gelu", "silu", "swish",
  "exp", "leaky_relu", "mish", "hard_swish", "hard_silu", "log_sigmoid", "softmax", "log_softmax", "sqrt", "square",
]) // biome-ignore format: several a line
const ELEMENTWISE = new Set(["+", "−", "×", "÷", "^", "=", "≠", "<", ">", "≤", "≥"])

/** What stands in an operation's operator. @param {Operation} operation */
export function signOf({ kind }) {
  return SIGNS[kind] ?? kind
}

/** Whether products are summed: a matrix product, a convolution. @param {Operation} operation */
export function isContraction(operation) {
  return CONTRACTIONS.has(signOf(operation))
}

/** Whether each cell follows from one cell, by a function. @param {Operation} operation */
export function isActivation({ kind }) {
  return ACTIVATIONS.has(kind)
}

/** Whether each cell follows from cells of the same place. @param {Operation} operation */
export function isElementwise(operation) {
  return ELEMENTWISE.has(signOf(operation)) || (isActivation(operation) && !operation.kind.endsWith("softmax"))
}

/** The axis that an operation works along, counted from the first; null if it is given none, or several. @param {Operation} operation @param {number} rank */
export function axisOf({ attributes }, rank) {
  const text = (attributes.axis ?? "").replace(/^[[(]\s*(-?\d+)\s*,?\s*[\])]$/, "$1")
  if (!/^-?\d+$/.test(text)) return null
  const axis = Number(text)
  return axis < 0 ? axis + rank : axis
}

/** A value's name; one without a name is called after what made it: "x · kernel". @param {Value} value @returns {string} */
export function labelOf(value) {
  const { title, maker } = value
  if (title || !maker) return title
  const names = maker.operands.map((operand) => operand.title || "…")
  const sign = signOf(maker)
  if (names.length === 2 && sign.length <= 2) return `${names[0]} ${sign} ${names[1]}`
  return names.length && names[0] !== "…" ? `${sign}(${names[0]})` : sign
}

/** How many cells lie between neighbours along each axis. @param {number[]} shape */
export function strides(shape) {
  const found = Array(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) found[axis] = found[axis + 1] * shape[axis + 1]
  return found
}

/** The number of cells. @param {number[]} shape */
export function size(shape) {
  return shape.reduce((product, length) => product * length, 1)
}

/** The place of an index among the cells. @param {number[]} shape @param {number[]} index */
export function flat(shape, index) {
  return index.reduce((place, position, axis) => place * shape[axis] + position, 0)
}

/** The index of a place among the cells. @param {number[]} shape @param {number} place */
export function unflat(shape, place) {
  const index = Array(shape.length).fill(0)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = place % shape[axis]
    place = Math.floor(place / shape[axis])
  }
  return index
}

/** The largest absolute value among finite cells. @param {ArrayLike<number>} cells */
export function topOf(cells) {
  let top = 0
  for (let at = 0; at < cells.length; at++) {
    const size = Math.abs(cells[at])
    if (size > top && size !== Infinity) top = size
  }
  return top
}
