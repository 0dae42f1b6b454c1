// Every call in a folder, computed here: as TensorFlow gave it, and after an edit as TensorFlow gives it then. Prints a table.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { test } from "node:test"
import { Live } from "../../../../../explorer/stage/js/flow/live.js"
import { Bus } from "../../../../../explorer/stage/js/trail/bus.js"
import { drawn } from "../flow/drawing.mjs"
import { gapOf, lines, living, names, opened, told } from "./calls.mjs"

const FIGURES = new URL("../../../../../explorer/stage/js/flow/figures/", import.meta.url)
/** How far a number may lie from TensorFlow's, as a part of the tensor's largest. */
const BOUNDS = { float64: 1e-6, float32: 1e-6, float16: 4e-3, bfloat16: 1e-2 }

/** After an edit a half-precision number may be rounded the other way more often: so many times that far. */
const EDITED = 2
/** Numbers at the ends of scales, which stay while a number is dragged. */
const SCALES = { "keras.layers.BatchNormalization": 4, "keras.layers.LayerNormalization": 4 }

const refused = new Set(lines("refused.txt"))
const figures = await Promise.all(
  readdirSync(FIGURES).map(async (file) => (await import(new URL(file, FIGURES).href)).default),
)

/** Compares what was computed here with another recording of the call. */
function gapFrom(live, other) {
  const theirs = new Live(() => {}, new Bus())
  theirs.take(other.model, other.graph)
  let worst = 0
  for (const id of live.tape.shown.keys()) {
    const [mine, recorded] = [live.tape.numbers(id), theirs.recorded(id)]
    if (mine && recorded) worst = Math.max(worst, gapOf(mine, recorded))
  }
  return worst
}

/** What stands in the flow. */
const written = (graph, revision = 0) => drawn(graph, figures, { revision }).notes.texts.map(({ text }) => text)

/** Texts that are numbers may differ in their last digit. */
function sameText(one, other) {
  if (one === other) return true
  const [mine, theirs] = [one, other].map((text) => text.replaceAll("−", "-").match(/-?\d+(\.\d+)?(e-?\d+)?/g) ?? [])
  const plain = (text) => text.replaceAll("−", "-").replace(/-?\d+(\.\d+)?(e-?\d+)?/g, "#")
  if (plain(one) !== plain(other) || mine.length !== theirs.length) return false
  return mine.every((text, at) => {
    const unit = 10 ** -(text.split(".")[1]?.length ?? 0)
    return Math.abs(Number(text) - Number(theirs[at])) <= 1.01 * unit
  })
}

for (const name of names) {
  test(name, async () => {
    const { edits, dtype, drawn: isDrawn } = told(`${name}.json`)
    const first = await living(name)
    if (refused.has(name)) return assert.equal(first.live.state, "refused")
    assert.equal(first.live.state, "live", JSON.stringify(first.live.why))
    const atRest = gapFrom(first.live, first)
    assert.ok(atRest <= BOUNDS[dtype], `at rest ${atRest}`)
    const after = []
    for (const [number, { tensor, cell, value }] of edits.entries()) {
      const { live, graph } = await living(name)
      if (isDrawn) written(graph) // whatever is kept of the first drawing must not be shown in the next
      if (!live.tape.leaves.has(tensor)) continue
      const cells = tensor.startsWith("param:") ? [...live.tape.numbers(tensor).keys()] : [cell]
      assert.ok(live.hold(tensor, cells), `${tensor} can be held`)
      if (!live.move(cells.map(() => value))) continue // the call would go another way
      const other = opened(`${name}.${number}`)
      const gap = gapFrom(live, other)
      assert.ok(gap <= EDITED * BOUNDS[dtype], `${tensor}[${cell}] = ${value}: ${gap}`)
      after.push(gap)
      if (isDrawn) {
        const [mine, theirs] = [written(graph, live.revision), written(other.graph)]
        const differs = theirs.flatMap((text, at) =>
          sameText(text, mine[at] ?? "") ? [] : [`${mine[at]} for ${text}`],
        )
        assert.equal(mine.length, theirs.length)
        assert.ok(differs.length <= (SCALES[name] ?? 0), `${tensor}[${cell}] = ${value}: the flow shows ${differs}`)
      }
      live.drop()
      for (const id of live.tape.shown.keys()) {
        const [kept, recorded] = [live.recorded(id), first.live.recorded(id)]
        if (kept && recorded) assert.deepEqual(kept, recorded, `${id} is as it was`)
      }
    }
    console.log(name.padEnd(48), atRest.toExponential(1), ...after.map((gap) => gap.toExponential(1)))
    return undefined
  })
}
