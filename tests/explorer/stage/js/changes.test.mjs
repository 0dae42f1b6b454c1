import assert from "node:assert/strict"
import { test } from "node:test"

import {
  changeLine,
  changeText,
  compare,
  compareAll,
  isStorm,
  MOST_KEPT,
} from "../../../../explorer/stage/js/core/changes.js"
import { fill } from "../../../../explorer/stage/js/core/format.js"

const TEXTS = {
  "change.line": "{count} of {cells} changed",
  "change.largest": "{count} of {cells} changed, largest {largest}",
  "change.broken": "{count} without a number",
  "change.since": "{difference} since",
  "change.was": "{before} before",
}
const words = (key, parameters) => fill(TEXTS[key], parameters)

function make(values, more = {}) {
  return {
    id: "output:0",
    name: "y",
    role: "output",
    dtype: "float32",
    shape: [values.length],
    whole: true,
    values,
    ...more,
  }
}

test("cells that differ are counted, with the difference farthest from zero", () => {
  const [before, after] = [make(Float32Array.of(1, 2, 3, 4)), make(Float32Array.of(1, 2.25, 3, 3.9))]
  const change = compare(before, after)
  assert.deepEqual([change.count, change.cells, change.largest, change.broken], [2, 4, 0.25, 0])
  assert.deepEqual(change.offsets, [1, 3])
  assert.equal(changeLine(change, words), "2 of 4 changed, largest +0.25")
  assert.equal(changeText(change, after, 1, words), "+0.25 since")
  assert.equal(changeText(change, after, 3, words), "-0.099999905 since") // float32: 3.9 - 4, exactly rounded
  assert.equal(changeText(change, after, 0, words), "")
  assert.equal(changeText(undefined, after, 1, words), "")
})

test("NaN equals NaN, and 0 equals -0", () => {
  assert.equal(compare(make(Float32Array.of(NaN, 0, Infinity)), make(Float32Array.of(NaN, -0, Infinity))), null)
})

test("what has no number as its difference is counted and tells what it was", () => {
  const after = make(Float32Array.of(NaN, 2, -Infinity))
  const change = compare(make(Float32Array.of(1, NaN, 5)), after)
  assert.deepEqual([change.count, change.broken, change.largest], [3, 3, null])
  assert.equal(changeLine(change, words), "3 of 3 changed")
  assert.deepEqual(
    [0, 1, 2].map((at) => changeText(change, after, at, words)),
    ["1 before", "nan before", "5 before"],
  )
  const mixed = compare(make(Float32Array.of(1, NaN)), make(Float32Array.of(0, 2)))
  assert.equal(changeLine(mixed, words), "2 of 2 changed, largest -1, 1 without a number")
})

test("whole numbers, flags and texts are compared by value", () => {
  const big = compare(
    make(BigInt64Array.of(2n ** 60n), { dtype: "int64" }),
    make(BigInt64Array.of(2n ** 60n + 1n), { dtype: "int64" }),
  )
  assert.equal(changeLine(big, words), "1 of 1 changed, largest +1")
  const flags = { dtype: "bool" }
  const after = make(Uint8Array.of(1, 0), flags)
  const flag = compare(make(Uint8Array.of(1, 1), flags), after)
  assert.equal(changeText(flag, after, 1, words), "True before")
  const now = make(["a", "c"], { dtype: "string" })
  assert.equal(changeText(compare(make(["a", "b"], { dtype: "string" }), now), now, 1, words), "b before")
})

test("other shapes, dtypes and names, parts and millions of cells are not compared", () => {
  const values = Float32Array.of(1, 2, 3, 4)
  for (const more of [{ shape: [2, 2] }, { dtype: "float16" }, { name: "z" }, { whole: false }]) {
    assert.equal(compare(make(values), make(Float32Array.of(1, 2, 3, 5), more)), undefined)
  }
  assert.equal(compare(make(new Float32Array(1048577)), make(new Float32Array(1048577).fill(1))), undefined)
})

test("only so many places are kept, and all are counted", () => {
  const change = compare(make(new Float32Array(10000)), make(new Float32Array(10000).fill(2)))
  assert.deepEqual([change.count, change.offsets.length], [10000, MOST_KEPT])
})

test("a picture that only looks different has not changed; another tensor is a change", () => {
  const one = [make(Float32Array.of(1))]
  assert.deepEqual(compareAll(one, [make(Float32Array.of(1))]), { changes: new Map(), other: false })
  assert.equal(compareAll(one, [make(Float32Array.of(1), { shape: [1, 1] })]).other, true)
  assert.equal(compareAll(one, []).other, true)
  const { changes } = compareAll(one, [make(Float32Array.of(3)), make(Float32Array.of(3), { id: "output:1" })])
  assert.deepEqual([...changes.keys()], ["output:0"])
})

test("one edited cell is no storm, another seed is", () => {
  const kernel = (values) => make(values, { id: "weight:kernel", role: "weight" })
  const storm = (before, after) => isStorm(compareAll(before, after).changes, after)
  const output = [make(Float32Array.of(1, 1)), make(Float32Array.of(2, 2))]
  assert.equal(
    storm([kernel(Float32Array.of(1, 2, 3)), output[0]], [kernel(Float32Array.of(1, 2, 4)), output[1]]),
    false,
  )
  assert.equal(storm([kernel(Float32Array.of(1, 2, 3))], [kernel(Float32Array.of(4, 5, 6))]), true)
  assert.equal(storm([kernel(Float32Array.of(1))], [kernel(Float32Array.of(4))]), false)
})

test("comparing 100 x 100 cells takes less than 3 ms", () => {
  const random = Float32Array.from({ length: 10000 }, (_, at) => Math.sin(at))
  const [before, after] = [make(random), make(random.map((value) => value + 1))]
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now()
    compare(before, after)
    return performance.now() - start
  }).sort((a, b) => a - b)
  assert.ok(times[7] < 3, `${times[7]} ms`)
})
