import assert from "node:assert/strict"
import { test } from "node:test"

import { agreement, proof } from "../../../../../explorer/stage/js/tape/proof.js"
import { f4, replayed, tapeOf } from "./tapes.mjs"

const tapeWith = (dtype, values) =>
  tapeOf("Identity", {}, [[dtype, [values.length], values]], [[dtype, [values.length]]])
const judged = (dtype, mine, theirs) => proof(tapeWith(dtype, mine), () => theirs)

test("equal numbers prove it, also NaN and infinities", () => {
  const found = judged("float32", [1, NaN, -Infinity], [1, NaN, -Infinity])
  assert.deepEqual(found, { live: true, worst: 0, id: "", why: "" })
})

test("a wrong number is noticed, as a part of the largest; so much is allowed as rounding explains", () => {
  for (const [dtype, good, bad] of [
    ["float64", 0.9e-5, 1.1e-5],
    ["float32", 0.9e-5, 1.2e-5],
    ["float16", 0.003, 0.005],
    ["bfloat16", 0.008, 0.017],
  ]) {
    const theirs = [2, 0]
    const close = judged(dtype, [2, 2 * good], theirs)
    assert.ok(close.live && close.why === "" && close.id === "y0" && close.worst > 0, dtype)
    const off = judged(dtype, [2, 2 * bad], theirs)
    assert.deepEqual([off.live, off.why, off.id], [false, "tape.differs", "y0"], dtype)
    assert.ok(Math.abs(off.worst - bad) < 0.1 * bad)
  }
  assert.equal(judged("float32", [1e-30], [0]).live, false, "of nothing but zeros nothing is allowed")
})

test("another pattern of NaN and infinities is noticed", () => {
  for (const [mine, theirs] of [
    [
      [1, NaN],
      [1, 2],
    ],
    [
      [1, 2],
      [1, NaN],
    ],
    [[Infinity], [-Infinity]],
    [[Infinity], [3e38]],
    [[NaN], [Infinity]],
  ]) {
    assert.deepEqual(judged("float32", mine, theirs), { live: false, worst: Infinity, id: "y0", why: "tape.differs" })
  }
})

test("whole numbers must be equal; TensorFlow's may be BigInt", () => {
  assert.ok(judged("int64", [1000000, 2], [1000000n, 2n]).live)
  assert.equal(judged("int64", [1000000, 2], [1000001n, 2n]).why, "tape.differs")
  assert.equal(judged("bool", [1], [0]).why, "tape.differs")
  for (const theirs of [[1], [1, 2, 3]])
    assert.equal(judged("float32", [1, 2], theirs).why, "tape.differs", "other cells")
})

test("the tensor that is furthest off is named; one without recorded numbers proves nothing", () => {
  const tape = replayed({
    leaves: { x: f4([1], [4]) },
    ops: [
      ["Neg", {}, ["x"], { a: ["float32", [1]] }],
      ["Square", {}, ["x"], { b: ["float32", [1]] }],
      ["Sqrt", {}, ["x"], { c: ["float32", [1]] }],
    ],
  })
  const theirs = { a: [-4.00001], b: [16.1], c: null }
  const found = proof(tape, (id) => theirs[id])
  assert.deepEqual([found.id, found.why], ["b", "tape.differs"])
  assert.ok(proof(tape, () => null).live)
})

test("a tape that is not whole or does not hold proves nothing", () => {
  const refused = replayed({
    leaves: { x: f4([1], [1]) },
    ops: [["Neg", {}, ["x"], { y: ["float32", [1]] }]],
    refusals: ["no"],
  })
  assert.equal(proof(refused, () => [-1]).why, "tape.missing")
  const tape = replayed({
    leaves: { x: f4([1], [1]) },
    ops: [["Neg", {}, ["x"], { y: ["float32", [1]] }]],
    guards: { y: [2] },
  })
  assert.equal(proof(tape, () => [-1]).why, "tape.guards")
})

test("how far two agree", () => {
  assert.deepEqual(agreement([1, NaN, 2, 0], [1, NaN, 2.5, -0]), { same: 2, cells: 4, largest: 0.5 })
  assert.deepEqual(agreement([1, 2], [1n, 3n]), { same: 1, cells: 2, largest: 1 })
  assert.deepEqual(agreement([NaN, Infinity], [1, Infinity]), { same: 1, cells: 2, largest: Infinity })
  assert.deepEqual(agreement([], []), { same: 0, cells: 0, largest: 0 })
})
