import assert from "node:assert/strict"
import { test } from "node:test"

import {
  cellFormatter,
  compactText,
  exactText,
  figureText,
  fill,
  placeText,
  ROUND,
  readNumber,
  shapeText,
} from "../../../../explorer/stage/js/core/format.js"

test("float32 prints the shortest text that reads back as the same float32", () => {
  assert.equal(exactText(Math.fround(0.1), "float32"), "0.1")
  assert.equal(exactText(Math.fround(1 / 3), "float32"), "0.33333334")
  assert.equal(exactText(16777216, "float32"), "16777216")
  assert.equal(exactText(6, "float32"), "6")
  assert.equal(exactText(Math.fround(3e-8), "float32"), "3e-8")
  assert.equal(exactText(-0, "float32"), "-0")
})

test("every float32 reads back as itself, whatever its bits", () => {
  const bits = new Uint32Array(1)
  const float = new Float32Array(bits.buffer)
  let state = 12345
  for (let round = 0; round < 20000; round++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bits[0] = state
    if (!Number.isFinite(float[0])) continue
    assert.equal(Math.fround(Number(exactText(float[0], "float32"))), float[0])
  }
})

test("half precision and bfloat16 have their own shortest texts", () => {
  assert.equal(exactText(0.0999755859375, "float16"), "0.1")
  assert.equal(exactText(65504, "float16"), "65504")
  assert.equal(ROUND.float16(65520), Infinity)
  assert.equal(exactText(0.10009765625, "bfloat16"), "0.1")
  assert.equal(ROUND.float16(2 ** -24), 2 ** -24)
})

test("what is exact stays exact", () => {
  assert.equal(exactText(0.1 + 0.2, "float64"), "0.30000000000000004")
  assert.equal(exactText(9007199254740993n, "int64"), "9007199254740993")
  assert.equal(exactText(1, "bool"), "True")
  assert.equal(exactText("<b>", "string"), "<b>")
  assert.deepEqual(
    [NaN, Infinity, -Infinity].map((x) => exactText(x, "float32")),
    ["nan", "inf", "-inf"],
  )
})

test("a compact text fits, and never shows a number that is not zero as zero", () => {
  for (const value of [0.123456789, -12345.678, 1e-9, 3.4e38, -0.00012]) {
    for (let room = 1; room < 12; room++) {
      const text = compactText(Math.fround(value), "float32", room)
      assert.ok(text.length <= room, `${text} in ${room}`)
      if (text) assert.notEqual(Number(text), 0)
    }
  }
  assert.equal(compactText("kind of blue", "string", 5), "kind…")
})

test("a picture's cells share their decimals", () => {
  const values = [0.123456, -0.5, 0, 0.98765].map(Math.fround)
  assert.deepEqual(values.map(cellFormatter(values, "float32", 6)), ["0.123", "-0.5", "0", "0.988"])
  const tiny = [1e-9, 0.4321987].map(Math.fround)
  assert.deepEqual(tiny.map(cellFormatter(tiny, "float32", 4)), ["1e-9", "0.43"])
  assert.equal(cellFormatter([-1e-9, 0.4321987], "float64", 4)(-1e-9), "≈0")
})

test("figures, shapes and places", () => {
  assert.equal(figureText(1 / 3), "0.333333")
  assert.equal(figureText(5.764607523034235e17), "5.76461e17")
  assert.equal(shapeText([2, 5, 4000], ["batch", "time", "features"]), "batch: 2 × time: 5 × features: 4,000")
  assert.equal(shapeText([2, 3], []), "2 × 3")
  assert.equal(placeText([1, 3], ["time", "features"]), "time 1, features 3")
  assert.equal(fill("{count} of {all}", { count: 3 }), "3 of {all}")
  assert.equal(readNumber("9007199254740993"), 9007199254740993n)
  assert.equal(readNumber("-inf"), -Infinity)
})
