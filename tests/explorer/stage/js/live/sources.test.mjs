// The sources of one number, found here by running the tape backwards, against TensorFlow's gradient of it.

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { gapOf, living, names, told } from "./calls.mjs"

/** How far a gradient may lie from TensorFlow's, as a part of the tensor's largest. */
const BOUND = 1e-5
/** What rounding leaves where a gradient is 0, as a part of the largest of all: attention's key bias moves nothing. */
const NOISE = 1e-6

const largest = (all) => all.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0)

for (const name of names.filter((one) => existsSync(join(process.env.TAPES ?? "", `${one}.trail`)))) {
  test(name, async () => {
    const { live, graph } = await living(name)
    const { tensor, cell, cells } = told(`${name}.trail`)
    const value = graph.values.find(({ ids }) => ids.includes(tensor))
    const found = live.sources({ ...value, ids: [tensor] }, cell)
    assert.ok(found)
    const number = live.tape.numberOf(tensor)
    const noise = NOISE * largest(Object.values(cells).map(largest))
    for (const [id, theirs] of Object.entries(cells)) {
      if (!live.tape.numbers(id) || live.tape.numberOf(id) === number) continue
      const mine = found.get(id) ?? new Float64Array(theirs.length)
      const gap = gapOf(mine, theirs)
      assert.ok(gap <= BOUND || gap * largest(theirs) <= noise, `${id}: ${gap}`)
    }
    for (const [id, mine] of found)
      if (!cells[id] && live.tape.numberOf(id) !== number)
        assert.ok(
          mine.every((slope) => slope === 0),
          `${id} made nothing`,
        )
  })
}
