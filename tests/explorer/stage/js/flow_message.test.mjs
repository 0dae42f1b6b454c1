import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { readFrames } from "../../../../explorer/stage/js/flow/message.js"
import { statisticsOf } from "../../../../explorer/stage/js/flow/statistics.js"
import { tokens } from "../../../../explorer/stage/js/flow/tokens.js"

/** The message that Python packed, with Python's own statistics beside it. */
assert.ok(process.env.FLOW_MESSAGE, "FLOW_MESSAGE must name the file that test_modules.py packs")
const bytes = new Uint8Array(readFileSync(process.env.FLOW_MESSAGE))
const told = JSON.parse(readFileSync(`${process.env.FLOW_MESSAGE}.json`))

test("tokens", () => {
  const source = 'x = f"a # {b}" + 1.5e-3  # note\nreturn None if λx2 else """two\nlines"""'
  const kinds = tokens(source).map(({ start, end, kind }) => [source.slice(start, end), kind])
  assert.deepEqual(kinds, [
    ["x", "name"],
    ['f"a # {b}"', "string"],
    ["1.5e-3", "number"],
    ["# note", "comment"],
    ["return", "keyword"],
    ["None", "keyword"],
    ["if", "keyword"],
    ["λx2", "name"],
    ["else", "keyword"],
    ['"""two\nlines"""', "string"],
  ])
})

test("what Python packs is what the flow reads", () => {
  const shifted = new Uint8Array(bytes.length + 3) // Streamlit hands over a view that need not be aligned
  shifted.set(bytes, 3)
  const model = readFrames(shifted.subarray(3))
  assert.deepEqual(
    model.frames.map(({ name, parent, from, position, firstLine, steps }) => [
      name,
      parent,
      from,
      position,
      firstLine,
      steps.length,
    ]),
    told.frames,
  )
  const [outer] = model.frames
  const [first, second] = outer.steps
  assert.equal(first.operation, "keras.ops.add")
  assert.deepEqual(
    first.operands.map(({ name, text, tensors }) => [name, text, tensors.map((n) => (n < 0 ? n : model.known(n).id))]),
    [
      ["", "", ["input:x"]],
      ["axis", "1", []],
      ["", "", [-1]],
    ],
  )
  assert.equal(model.known(first.values[0]).array, model.known(second.values[0]).array) // the same array, sent once
  assert.deepEqual(model.tensor(first.values[0]).axes, ["Stapel", ""])
  assert.equal(model.tensor(outer.steps.at(-1).values[0]), null) // too large for the message, still known by its shape
  assert.deepEqual(model.known(outer.steps.at(-1).values[0]).shape, [64, 64])
})

test("statistics are Python's, whoever counts", () => {
  const model = readFrames(bytes)
  let compared = 0
  for (const number of model.frames.flatMap(({ steps }) => steps.flatMap(({ values }) => values))) {
    const tensor = model.tensor(number)
    if (!tensor || tensor.reduced) continue
    const wanted = told.statistics[model.known(number).id]
    for (const [name, value] of Object.entries(wanted)) {
      const found = tensor.statistics[name]
      if (typeof value === "number" && (name === "mean" || name === "rms"))
        assert.ok(Math.abs(found - value) <= 1e-6 * Math.abs(value), name)
      else assert.equal(typeof found === "bigint" ? String(found) : found, value, `${model.known(number).id} ${name}`)
    }
    compared += 1
  }
  assert.ok(compared >= 6)
  assert.equal(statisticsOf([], [], 0).minimum, null)
})
