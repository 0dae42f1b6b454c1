import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { bus, sameCell } from "../../../../explorer/stage/js/trail/bus.js"
import { readTrail } from "../../../../explorer/stage/js/trail/message.js"

assert.ok(process.env.TRAIL_MESSAGE, "TRAIL_MESSAGE must name the file that test_modules.py packs")
const bytes = new Uint8Array(readFileSync(process.env.TRAIL_MESSAGE))

test("an answer is read as Python packed it; a tensor without a cell that counts is all zeros", () => {
  const answer = readTrail(bytes)
  assert.deepEqual(answer.cell, { tensor: "step:0", index: [1] })
  assert.deepEqual(
    [answer.way, answer.ways, answer.notes, answer.problem],
    ["made", ["made", "moves"], ["A note."], ""],
  )
  assert.equal(answer.labels["way.made"], "Why")
  assert.deepEqual([...answer.weights.get("input:x").weights], [0, 0.5, -2, Infinity, 0, 0])
  assert.equal(answer.weights.get("input:x").largest, 2)
  assert.deepEqual([...answer.weights.get("weight:w").weights], [0, 0, 0, 0])
  assert.equal(answer.weights.has("step:9"), false, "more than a million cells are not marked")
})

test("the message may begin anywhere in its buffer", () => {
  const shifted = new Uint8Array(bytes.length + 3)
  shifted.set(bytes, 3)
  assert.deepEqual(readTrail(shifted.subarray(3)), readTrail(bytes))
})

test("a touch is asked once, told, and let go of", () => {
  const asked = []
  let changes = 0
  const flow = { trailChanged: () => (changes += 1) }
  bus.join({}, { ask: (cell) => asked.push(cell) })
  bus.watch(flow)
  bus.touch({ tensor: "step:0", index: [1] })
  assert.deepEqual(asked, [{ tensor: "step:0", index: [1], way: "", whole: false }])
  assert.equal(bus.answer, null, "nothing is shown that was not computed yet")
  bus.show(readTrail(bytes))
  assert.equal(bus.answer.weights.get("input:x").largest, 2)
  bus.touch({ tensor: "step:0", index: [1] }, { way: "moves" })
  assert.notEqual(bus.answer, null, "another way of asking about the same cell leaves the picture as it is meanwhile")
  bus.free()
  assert.deepEqual([bus.pinned, bus.answer, asked.at(-1)], [null, null, null])
  assert.equal(changes, 4)
  bus.free()
  assert.equal(asked.length, 3, "what is free is not freed again")
  bus.leave(flow)
  bus.show({ cell: { tensor: "step:0", index: [] } })
  assert.equal(changes, 4, "who left hears no more")
  bus.watch(flow)
  assert.equal(changes, 5, "who comes later is told what is known")
  bus.show({ cell: null })
})

test("cells are the same by tensor and index", () => {
  assert.ok(sameCell({ tensor: "a", index: [1, 2] }, { tensor: "a", index: [1, 2] }))
  assert.ok(!sameCell({ tensor: "a", index: [1, 2] }, { tensor: "a", index: [12] }))
  assert.ok(!sameCell({ tensor: "a", index: [] }, null))
  assert.ok(sameCell(null, null))
})
