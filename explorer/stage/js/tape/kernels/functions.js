// The functions of one and of two numbers, each with its derivatives, in double precision. Nothing here draws.

import { erf, erfc } from "./special.js"

/**
 * No derivative: TensorFlow passes no gradient.
 *
 * @typedef {[f: (x: number) => number, slope?: (x: number, y: number) => number]} Unary y is f(x)
 * @typedef {(x: number, y: number, z: number) => number} Slope z is f(x, y)
 * @typedef {[f: (x: number, y: number) => number, byFirst?: Slope, bySecond?: Slope]} Binary
 */

const { abs, acosh, asinh, atanh, ceil, cos, cosh, exp, expm1, floor, fround, imul, log, log1p, max, min, pow, sin } =
  Math
const { PI, sign, sinh, sqrt, tan, tanh } = Math
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805
const ROOT_PI = sqrt(PI)
const SOFTPLUS_LINEAR = 30 // beyond it log(1 + exp(x)) is x
const nothing = () => 0
const one = () => 1

/** Half to even, as TensorFlow rounds; a zero keeps its sign. @param {number} x */
function roundEven(x) {
  const down = floor(x)
  const rest = x - down
  const up = rest === 0.5 ? down % 2 !== 0 : rest > 0.5
  return (up ? down + 1 : down) || 0 * x
}

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + exp(-x))

/** @type {Record<string, Unary>} */
export const UNARY = {
  Abs: [abs, (x) => sign(x)],
  Neg: [(x) => -x, () => -1],
  Sign: [sign, nothing],
  Square: [(x) => x * x, (x) => 2 * x],
  Sqrt: [sqrt, (_, y) => 0.5 / y],
  Rsqrt: [(x) => 1 / sqrt(x), (_, y) => -0.5 * y * y * y],
  Reciprocal: [(x) => 1 / x, (_, y) => -y * y],
  Inv: [(x) => 1 / x, (_, y) => -y * y],
  Exp: [exp, (_, y) => y],
  Expm1: [expm1, (_, y) => y + 1],
  Log: [log, (x) => 1 / x],
  Log1p: [log1p, (x) => 1 / (1 + x)],
  Sin: [sin, cos],
  Cos: [cos, (x) => -sin(x)],
  Tan: [tan, (_, y) => 1 + y * y],
  Asin: [Math.asin, (x) => 1 / sqrt(1 - x * x)],
  Acos: [Math.acos, (x) => -1 / sqrt(1 - x * x)],
  Atan: [Math.atan, (x) => 1 / (1 + x * x)],
  Sinh: [sinh, cosh],
  Cosh: [cosh, sinh],
  Asinh: [asinh, (x) => 1 / sqrt(x * x + 1)],
  Acosh: [acosh, (x) => 1 / sqrt(x * x - 1)],
  Atanh: [atanh, (x) => 1 / (1 - x * x)],
  Tanh: [tanh, (_, y) => 1 - y * y],
  Sigmoid: [sigmoid, (_, y) => y * (1 - y)],
  Erf: [erf, (x) => (2 / ROOT_PI) * exp(-x * x)],
  Erfc: [erfc, (x) => (-2 / ROOT_PI) * exp(-x * x)],
  Relu: [(x) => max(x, 0), (x) => (x > 0 ? 1 : 0)],
  Relu6: [(x) => (x <= 0 ? 0 : min(x, 6)), (x) => (x > 0 && x < 6 ? 1 : 0)],
  Elu: [(x) => (x < 0 ? expm1(x) : x), (_, y) => (y < 0 ? y + 1 : 1)],
  Selu: [
    (x) => (x < 0 ? SELU_SCALE * SELU_ALPHA * expm1(x) : SELU_SCALE * x),
    (_, y) => (y < 0 ? y + SELU_SCALE * SELU_ALPHA : SELU_SCALE),
  ],
  Softplus: [(x) => (x > SOFTPLUS_LINEAR ? x : log1p(exp(x))), sigmoid],
  Softsign: [(x) => x / (1 + abs(x)), (x) => 1 / (1 + abs(x)) ** 2],
  Floor: [floor],
  Ceil: [ceil],
  Round: [roundEven],
  Rint: [roundEven],
  IsNan: [(x) => (Number.isNaN(x) ? 1 : 0)],
  IsInf: [(x) => (abs(x) === Infinity ? 1 : 0)],
  IsFinite: [(x) => (Number.isFinite(x) ? 1 : 0)],
  LogicalNot: [(x) => (x ? 0 : 1)],
  Invert: [(x) => ~x],
}

/** @param {number} x @param {number} y */
function modulo(x, y) {
  const rest = x % y
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest
}

/** @type {Record<string, Binary>} */
export const BINARY = {
  AddV2: [(x, y) => x + y, one, one],
  Add: [(x, y) => x + y, one, one],
  Sub: [(x, y) => x - y, one, () => -1],
  Mul: [(x, y) => x * y, (_, y) => y, (x) => x],
  RealDiv: [(x, y) => x / y, (_, y) => 1 / y, (x, y) => -x / y / y],
  Div: [(x, y) => x / y, (_, y) => 1 / y, (x, y) => -x / y / y],
  DivNoNan: [(x, y) => (y === 0 ? 0 : x / y), (_, y) => (y === 0 ? 0 : 1 / y), (x, y) => (y === 0 ? 0 : -x / y / y)],
  MulNoNan: [(x, y) => (y === 0 ? 0 : x * y), (_, y) => y, (x, y) => (y === 0 ? 0 : x)],
  FloorDiv: [(x, y) => floor(x / y)],
  FloorMod: [modulo, one, (x, y) => -floor(x / y)],
  Mod: [(x, y) => x % y],
  Maximum: [max, (x, y) => (x >= y ? 1 : 0), (x, y) => (x >= y ? 0 : 1)],
  Minimum: [min, (x, y) => (x <= y ? 1 : 0), (x, y) => (x <= y ? 0 : 1)],
  SquaredDifference: [(x, y) => (x - y) * (x - y), (x, y) => 2 * (x - y), (x, y) => -2 * (x - y)],
  Pow: [pow, (x, y) => y * pow(x, y - 1), (x, _, z) => z * (x > 0 ? log(x) : 0)],
  Atan2: [Math.atan2, (x, y) => y / (x * x + y * y), (x, y) => -x / (x * x + y * y)],
  Xlogy: [(x, y) => (x === 0 ? 0 : x * log(y)), (x, y) => (x === 0 ? 0 : log(y)), (x, y) => (x === 0 ? 0 : x / y)],
  Xdivy: [(x, y) => (x === 0 ? 0 : x / y), (x, y) => (x === 0 ? 0 : 1 / y), (x, y) => (x === 0 ? 0 : -x / y / y)],
  Equal: [(x, y) => (x === y ? 1 : 0)],
  NotEqual: [(x, y) => (x !== y ? 1 : 0)],
  Less: [(x, y) => (x < y ? 1 : 0)],
  LessEqual: [(x, y) => (x <= y ? 1 : 0)],
  Greater: [(x, y) => (x > y ? 1 : 0)],
  GreaterEqual: [(x, y) => (x >= y ? 1 : 0)],
  LogicalAnd: [(x, y) => x & y],
  LogicalOr: [(x, y) => x | y],
  BitwiseAnd: [(x, y) => x & y],
  BitwiseOr: [(x, y) => x | y],
  BitwiseXor: [(x, y) => x ^ y],
  LeftShift: [(x, y) => x << y],
  RightShift: [(x, y) => x >> y],
}

/** Of whole numbers these refuse a second one of 0. */
export const DIVISIONS = new Set(["Div", "FloorDiv", "FloorMod", "Mod"])

const TANH_END = fround(7.9073896408081055)
const TANH_OVER = [1.394553628e-8, 2.10273356e-5, 3.520756727e-3, 1.3402161e-1].map(fround)
const TANH_UNDER = [8.015776984e-7, 3.326951409e-4, 2.597254514e-2, 4.67354834e-1, 1].map(fround)

/** TensorFlow's own quotient of two polynomials (Eigen's), each step rounded as it rounds: the same bits. @param {number} number */
function tanh32(number) {
  const x = max(-TANH_END, min(TANH_END, number))
  const square = fround(x * x)
  const over = polynomial(TANH_OVER, square, fround(square * x))
  return fround(fround(over + x) / polynomial(TANH_UNDER, square, 1))
}

/** @param {number[]} terms @param {number} x @param {number} factor of the whole */
function polynomial(terms, x, factor) {
  let sum = 0
  for (const term of terms) sum = fround(fround(sum * x) + term)
  return fround(factor * sum)
}

/** Where floating-point numbers narrower than float64 have formulas of their own. @type {Record<string, Unary>} */
export const NARROW_UNARY = {
  Tanh: [tanh32, UNARY.Tanh[1]],
  Softsign: [(x) => x / fround(1 + abs(x)), UNARY.Softsign[1]],
}

/** @type {Record<string, Binary>} */
export const NARROW_BINARY = {
  FloorDiv: [(x, y) => floor(fround(x / y))],
  SquaredDifference: [(x, y) => fround(x - y) ** 2, BINARY.SquaredDifference[1], BINARY.SquaredDifference[2]],
}

/** A power of whole numbers of 32 bits. @param {number} x @param {number} exponent */
function powerOfWhole(x, exponent) {
  let power = 1
  for (let [base, rest] = [x, exponent]; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2) power = imul(power, base)
    base = imul(base, base)
  }
  return power
}

/** Products of whole numbers of 32 bits wrap around as TensorFlow's do, also beyond 2^53. @type {Record<string, Unary>} */
export const WHOLE_UNARY = { Square: [(x) => imul(x, x)] }

/** @type {Record<string, Binary>} */
export const WHOLE_BINARY = { Mul: [imul], Pow: [powerOfWhole], SquaredDifference: [(x, y) => imul(x - y, x - y)] }

/** @type {Record<string, Binary>} */
export const UNSIGNED_BINARY = { RightShift: [(x, y) => x >>> y] }
