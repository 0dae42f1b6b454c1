import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { readCell, summary } from "../../../../explorer/stage/js/core/reading.js"
import { defaultSelection, slicesOf } from "../../../../explorer/stage/js/core/slices.js"
import { unpack } from "../../../../explorer/stage/js/core/unpack.js"

const words = (key, parameters = {}) => `${key} ${JSON.stringify(parameters)}`

/** The message that Python packed, from a file that the Python test wrote. */
assert.ok(process.env.STAGE_MESSAGE, "STAGE_MESSAGE must name the file that test_modules.py packs")
const message = new Uint8Array(readFileSync(process.env.STAGE_MESSAGE))

test("what Python packs is what the browser reads", () => {
  const shifted = new Uint8Array(message.length + 3) // Streamlit hands over a view that need not be aligned
  shifted.set(message, 3)
  const { tensors, labels } = unpack(shifted.subarray(3))
  const by = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]))
  assert.equal(labels.minimum, "min")
  assert.deepEqual([...by.floats.values], [1.5, -2.5, 0])
  assert.equal(by.big.values[0], 1152921504606846977n)
  assert.equal(by.big.statistics.maximum, 1152921504606846977n)
  assert.ok(Number.isNaN(by.broken.values[1]) && by.broken.statistics.nan === 1)
  assert.deepEqual([...by.words.values], ["a", "<b>"])
  assert.deepEqual(by.scalar.grid.shape, [1, 1])
  assert.deepEqual(by.half.values[0], 0.0999755859375)
  const { overview } = by
  const selection = defaultSelection(overview.grid, [])
  const read = readCell(overview, selection, slicesOf(overview.grid, selection), { facet: 0, row: 1, column: 2 }, words)
  assert.equal(read.where, "[4:8, 8:12]")
  assert.match(read.text, /"maximum":"7"/)
  assert.match(summary(by.floats, words), /"shape":"time: 3"/)
})
