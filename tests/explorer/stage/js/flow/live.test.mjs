// Every call in a folder, computed here: as TensorFlow gave it, and after an edit as TensorFlow gives it then. Prints a table.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { graphOf } from "../../../../../explorer/stage/js/flow/graph.js"
import { Live } from "../../../../../explorer/stage/js/flow/live.js"
import { readFrames } from "../../../../../explorer/stage/js/flow/message.js"
import { drawn } from "./drawing.mjs"

const FOLDER = process.env.TAPES ?? ""
const FIGURES = new URL("../../../../../explorer/stage/js/flow/figures/", import.meta.url)
/** How far a number may lie from TensorFlow's, as a part of the tensor's largest. */
const BOUNDS = { float64: 1e-6, float32: 1e-6, float16: 4e-3, bfloat16: 1e-2 }

/** After an edit a half-precision number may be rounded the other way more often: so many times that far. */
const EDITED = 2
/** Numbers at the ends of scales, which stay while a number is dragged. */
const SCALES = { "keras.layers.BatchNormalization": 4, "keras.layers.LayerNormalization": 4 }

const bytes = (name) => new Uint8Array(readFileSync(join(FOLDER, name)))
const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".tape") ? [file.slice(0, -5)] : []))
const refused = new Set(readFileSync(join(FOLDER, "refused.txt"), "utf8").split("\n"))
const figures = await Promise.all(
  readdirSync(FIGURES).map(async (file) => (await import(new URL(file, FIGURES).href)).default),
)

const opened = (file) => {
  const model = readFrames(bytes(file))
  return { model, graph: graphOf(model) }
}

async function living(name) {
  const live = new Live(() => {})
  const { model, graph } = opened(`${name}.flow`)
  live.take(model, graph)
  live.state = "wanted"
  await live.came(bytes(`${name}.tape`))
  return { live, model, graph }
}

/** The largest difference as a part of the largest number; Infinity where not both are numbers. */
function gapOf(mine, theirs) {
  let [gap, most] = [0, 0]
  for (let at = 0; at < theirs.length; at++) {
    const [one, other] = [Number(mine[at]), Number(theirs[at])]
    if (Number.isFinite(other)) most = Math.max(most, Math.abs(other))
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) continue
    gap = Math.max(gap, Number.isNaN(one - other) ? Infinity : Math.abs(one - other))
  }
  return gap ? gap / (most || 1) : 0
}

/** Compares what was computed here with another recording of the call. */
function gapFrom(live, other) {
  const theirs = new Live(() => {})
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
    const { edits, dtype, drawn: isDrawn } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))
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
      assert.ok(live.hold(tensor, cell), `${tensor} can be held`)
      if (!live.move(value)) continue // the call would go another way
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
