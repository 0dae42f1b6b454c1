import assert from "node:assert/strict"
import { test } from "node:test"

import recurrence from "../../../../../explorer/stage/js/flow/figures/recurrence.js"
import { drawn, graphNamed } from "./drawing.mjs"

/** Stages of windows that are 390, 1280 and 1440 pixels wide, and of a large one. */
const SIZES = [
  { width: 358, height: 400 },
  { width: 900, height: 400 },
  { width: 1060, height: 480 },
  { width: 1520, height: 640 },
]

for (const name of ["LSTM", "GRU", "SimpleRNN", "Bidirectional"])
  test(`numbers of ${name} leave a gap between each other`, () => {
    let count = 0
    for (const size of SIZES) {
      const { texts } = drawn(graphNamed(`keras.layers.${name}`), [recurrence], size).notes
      const rounded = texts.map((one) => ({ ...one, y: Math.round(one.y) }))
      const numbers = rounded.filter(({ text }) => /^(−?\d*\.\d+|≈0)$/.test(text))
      numbers.sort((one, other) => one.y - other.y || one.x - other.x)
      numbers.slice(1).forEach((next, at) => {
        const { text, x, y, size: letters } = numbers[at]
        if (next.y !== y) return
        count += 1
        const gap = next.x - x - (letters / 4) * (text.length + next.text.length)
        assert.ok(gap >= 3.9, `${size.width}: ${gap} between ${text} and ${next.text}`)
      })
    }
    assert.ok(count > 20, `only ${count} were compared`)
  })
