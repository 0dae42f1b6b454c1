// Where cells come from: what a tape tells of them, in words and colours.

import assert from "node:assert/strict"
import { test } from "node:test"
import { coloursOf, originText, toldBy } from "../../../../../explorer/stage/js/flow/origins.js"
import { NOWHERE, SEVERAL, UNKNOWN } from "../../../../../explorer/stage/js/tape/origins.js"
import { Tape } from "../../../../../explorer/stage/js/tape/tape.js"
import { written } from "../tape/tapes.mjs"

const WORDS = {
  axis: "axis {number}",
  "origin.place": "from {places}",
  "origin.several.of": "several of {axis}",
  "origin.unknown.of": "unknown of {axis}",
  "origin.nowhere.cell": "from no input",
}
const words = (key, parameters = {}) => (WORDS[key] ?? key).replace(/{(\w+)}/g, (_, name) => String(parameters[name]))

const tape = () =>
  new Tape(
    written({
      leaves: { "input:0": ["float32", [2, 2], [1, 2, 3, 4]] },
      ops: [["Neg", {}, ["input:0"], { y: ["float32", [2, 2]] }]],
      axes: [
        ["input:0", 0, 2],
        ["input:0", 1, 2],
      ],
      origins: { y: [0, 0, 1, SEVERAL, 1, UNKNOWN, NOWHERE, 0] },
    }),
  )
const model = { number: () => 0, tensor: () => ({ name: "x", axes: ["batch", ""] }) }
const value = (id, cells = [0, 0, 0, 0]) => ({ ids: [id], cells })

test("a cell's position on each axis is told, and what stands in its place", () => {
  const told = toldBy(tape(), model, words)
  assert.deepEqual(
    told.axes.map(({ name, label, length }) => [name, label, length]),
    [
      ["input:0@0", "batch", 2],
      ["input:0@1", "axis 1", 2],
    ],
  )
  assert.deepEqual(
    [0, 1, 2, 3].map((cell) => originText(told, value("y"), cell, words)),
    ["from batch 0, axis 1 1", "from batch 0, unknown of axis 1", "from batch 1", "from several of batch, axis 1 0"],
  )
})

test("a cell of an input comes from where it stands, though no message says so", () => {
  const told = toldBy(tape(), model, words)
  assert.deepEqual(
    [0, 1, 2, 3].map((cell) => originText(told, value("input:0"), cell, words)),
    ["from batch 0, axis 1 0", "from batch 0, axis 1 1", "from batch 1, axis 1 0", "from batch 1, axis 1 1"],
  )
})

test("a tensor that no input reaches comes from none, one that is not here whole has no colours", () => {
  const told = toldBy(tape(), model, words)
  assert.equal(originText(told, value("kernel", [1]), 0, words), "from no input")
  assert.equal(told.of(value("y", [1, 2])), null)
  assert.equal(toldBy(null, model, words), null)
  assert.equal(toldBy(new Tape(written({ leaves: { x: ["float32", [1], [1]] } })), model, words), null)
})

test("positions have colours of their own, in light and dark", () => {
  for (const dark of [true, false])
    for (const length of [2, 9, 10, 40]) {
      const colour = coloursOf(length, dark)
      const found = new Set(Array.from({ length }, (_, position) => colour(position).join()))
      assert.equal(found.size, length)
    }
})
