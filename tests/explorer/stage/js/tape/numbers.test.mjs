import assert from "node:assert/strict"
import { test } from "node:test"

import { makeNumbers, readNumber, rounder } from "../../../../../explorer/stage/js/tape/numbers.js"
import { given, tapeOf } from "./tapes.mjs"

function rounded(dtype, number) {
  const numbers = Float32Array.of(number)
  rounder(dtype)(numbers)
  return numbers
}

/** The bits of a float32 that holds a float16. */
function fromHalf(bits) {
  const [sign, exponent, part] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return part ? NaN : sign * Infinity
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + part / 1024) : part * 2 ** -24)
}

test("every float16 is left as it is, and what lies between two goes to the nearer, halfway to the even one", () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const [low, high] = [fromHalf(bits), bits === 0x7bff ? 65536 : fromHalf(bits + 1)]
    const middle = (low + high) / 2
    const even = bits % 2 ? high : low
    assert.equal(rounded("float16", low)[0], low)
    assert.equal(rounded("float16", -low)[0], -low)
    assert.equal(rounded("float16", Math.fround(low + 0.4 * (high - low)))[0], low)
    if (bits < 0x7bff) {
      assert.equal(rounded("float16", middle)[0], even, `halfway above ${low}`)
      assert.equal(rounded("float16", -middle)[0], -even)
    }
  }
})

test("float16 known by its bits: 0.1, the largest, infinity, a subnormal, a zero of its sign", () => {
  const cases = [
    [0.1, 0x2e66],
    [65504, 0x7bff],
    [65519.9, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [6e-8, 1],
    [1 / 3, 0x3555],
  ]
  for (const [number, bits] of cases) assert.equal(rounded("float16", number)[0], fromHalf(bits))
  assert.ok(Object.is(rounded("float16", -1e-9)[0], -0))
  assert.ok(Number.isNaN(rounded("float16", NaN)[0]))
})

test("bfloat16 known by its bits", () => {
  const bits = (number) => new Uint32Array(rounded("bfloat16", number).buffer)[0] >>> 16
  const cases = [
    [1, 0x3f80],
    [0.1, 0x3dcd],
    [Math.PI, 0x4049],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [-Infinity, 0xff80],
    [3.4e38, 0x7f80],
  ]
  for (const [number, expected] of cases) assert.equal(bits(number), expected, String(number))
  assert.ok(Number.isNaN(rounded("bfloat16", NaN)[0]))
})

test("an operation in float16 is rounded after it", () => {
  assert.deepEqual(
    given(
      "AddV2",
      {},
      [
        ["float16", [1], [2048]],
        ["float16", [1], [1]],
      ],
      [["float16", [1]]],
    ),
    [2048],
  )
  assert.deepEqual(
    given(
      "Mul",
      {},
      [
        ["bfloat16", [1], [1.0078125]],
        ["bfloat16", [1], [1.0078125]],
      ],
      [["bfloat16", [1]]],
    ),
    [1.015625],
  )
})

test("a leaf is rounded as it is filled and set", () => {
  const tape = tapeOf("Neg", {}, [["float16", [2], [0.1, 1]]], [["float16", [2]]])
  assert.equal(tape.numbers("x0")[0], fromHalf(0x2e66))
  tape.set("x0", 1, 0.1)
  assert.equal(tape.numbers("x0")[1], fromHalf(0x2e66))
  assert.throws(() => tape.fill("x0", [1]), /2 numbers, not 1/)
  assert.throws(() => tape.set("x7", 0, 1), /no leaf/)
  const whole = tapeOf("Neg", {}, [["int64", [2], [2.7, -2.7]]], [["int64", [2]]])
  assert.deepEqual([...whole.numbers("y0")], [-2, 2])
})

test("JSON's words for what it has no numbers for", () => {
  assert.deepEqual(["nan", "inf", "-inf", 2, true].map(readNumber), [NaN, Infinity, -Infinity, 2, 1])
})

test("a dtype without numbers has no array", () => {
  assert.equal(makeNumbers("string", 3), null)
  assert.equal(makeNumbers("complex64", 3).length, 6)
})

test("casts cut off; what lies outside saturates, or is the least of a wide integer", () => {
  const cast = (from, to, values) => given("Cast", {}, [[from, [values.length], values]], [[to, [values.length]]])
  assert.deepEqual(cast("float32", "int32", [1.9, -1.9, NaN, 1e12, -1e12]), [1, -1, -(2 ** 31), -(2 ** 31), -(2 ** 31)])
  assert.deepEqual(cast("float32", "uint8", [300, -5, 255.5, NaN]), [255, 0, 255, 0])
  assert.deepEqual(cast("float64", "int8", [200, -200, 5.5]), [127, -128, 5])
  assert.deepEqual(cast("float32", "int64", [2.5, -2.5]), [2, -2])
  assert.deepEqual(cast("float32", "bool", [0, -0, 0.1, NaN]), [0, 0, 1, 1])
  assert.deepEqual(cast("int32", "int8", [300]), [44])
  assert.deepEqual(cast("float64", "float32", [0.1]), [Math.fround(0.1)])
})

test("products of int32 wrap, also beyond 2^53", () => {
  const whole = (kind, x, y, dtype = "int32") =>
    given(
      kind,
      {},
      [
        [dtype, [1], [x]],
        [dtype, [1], [y]],
      ],
      [[dtype, [1]]],
    )[0]
  const exact = (x, y) => Number(BigInt.asIntN(32, BigInt(x) * BigInt(y)))
  assert.equal(whole("Mul", 2147483647, 2147483629), exact(2147483647, 2147483629))
  assert.equal(whole("Mul", 123456789, -987654321), exact(123456789, -987654321))
  assert.equal(whole("Mul", 4294967295, 4294967295, "uint32"), 1)
  assert.equal(whole("Pow", 7, 30), Number(BigInt.asIntN(32, 7n ** 30n)))
  assert.equal(whole("RightShift", 4294967295, 4, "uint32"), 2 ** 28 - 1)
  assert.deepEqual(given("Square", {}, [["int32", [1], [2147483629]]], [["int32", [1]]]), [
    exact(2147483629, 2147483629),
  ])
  assert.deepEqual(
    given(
      "Prod",
      {},
      [
        ["int32", [4], [2147483629, 2147483647, 3, 5]],
        ["int32", [1], [0]],
      ],
      [["int32", []]],
      [1],
    ),
    [Number(BigInt.asIntN(32, 2147483629n * 2147483647n * 15n))],
  )
  assert.equal(whole("AddV2", 2147483647, 1), -2147483648)
})

test("products of whole numbers are not rounded to float32", () => {
  assert.deepEqual(
    given(
      "MatMul",
      {},
      [
        ["int32", [1, 2], [16777217, 1]],
        ["int32", [2, 1], [1, 2]],
      ],
      [["int32", [1, 1]]],
    ),
    [16777219],
  )
})
