import assert from "node:assert/strict"
import { test } from "node:test"

import {
  clipped,
  colourOf,
  contrast,
  glyphOf,
  inkOn,
  luminance,
  makeScale,
} from "../../../../explorer/stage/js/core/colour.js"
import { scaleOf, sharedEnds } from "../../../../explorer/stage/js/core/ranges.js"

const THEMES = [false, true]

/** How a reader without green cones sees a colour (Viénot, Brettel and Mollon 1999). */
function deuteranope([red, green, blue]) {
  const [r, g, b] = [red, green, blue].map((part) => (part / 255) ** 2.2)
  const seen = [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b]
  return seen.map((part) => 255 * Math.max(0, Math.min(part, 1)) ** (1 / 2.2))
}

test("zero is the neutral middle, blue is positive, orange is negative", () => {
  assert.deepEqual(colourOf(makeScale("signed", { low: -2, high: 2 }), 0), [241, 236, 235])
  for (const dark of THEMES) {
    const scale = makeScale("signed", { low: -2, high: 2, dark })
    const [positive, negative] = [colourOf(scale, 1.4), colourOf(scale, -1.4)]
    assert.ok(positive[2] > positive[0] && negative[0] > negative[2])
    assert.deepEqual(colourOf(makeScale("signed", { low: 0, high: 0, dark }), 0), colourOf(scale, 0))
  }
})

test("both signs stay apart for a reader without green cones", () => {
  for (const dark of THEMES) {
    const scale = makeScale("signed", { low: -1, high: 1, dark })
    for (const size of [0.3, 0.6, 1]) {
      const [one, other] = [size, -size].map((value) => deuteranope(colourOf(scale, value)))
      assert.ok(Math.hypot(...one.map((part, channel) => part - other[channel])) > 60, `${size} ${dark}`)
    }
  }
})

test("magnitude and probability change brightness in one direction only", () => {
  for (const dark of THEMES) {
    for (const [kind, values] of [
      ["probability", [0, 0.25, 0.5, 0.75, 1]],
      ["signed", [0, 0.25, 0.5, 0.75, 1]],
      ["signed", [0, -0.25, -0.5, -0.75, -1]],
    ]) {
      const scale = makeScale(kind, { low: kind === "signed" ? -1 : 0, high: 1, dark })
      const light = values.map((value) => luminance(colourOf(scale, value)))
      assert.deepEqual(
        light,
        [...light].sort((a, b) => (dark ? a - b : b - a)),
        `${kind} ${dark}`,
      )
    }
  }
})

test("numbers can be read on every colour", () => {
  for (const dark of THEMES) {
    for (const kind of ["signed", "probability", "image", "category", "boolean"]) {
      for (const colour of makeScale(kind, { low: -1, high: 1, dark }).table) {
        assert.ok(contrast(colour, inkOn(colour)) >= 4, `${kind} ${colour}`)
      }
    }
  }
})

test("what is not a number has a glyph and no colour", () => {
  assert.deepEqual([NaN, Infinity, -Infinity, 0].map(glyphOf), ["NaN", "+∞", "−∞", ""])
  assert.equal(colourOf(makeScale("signed"), NaN), null)
})

test("cells beyond the scale are known", () => {
  const scale = makeScale("probability", { low: 0, high: 1 })
  assert.deepEqual(
    [-0.3, 0, 1, 1.4, NaN].map((value) => clipped(scale, value)),
    [-1, 0, 0, 1, 0],
  )
})

test("few numbers get a colour each, even when remainders meet", () => {
  const scale = makeScale("category", { values: [0, 10, 20, 4] })
  assert.equal(new Set([0, 10, 20, 4].map((value) => String(colourOf(scale, value)))).size, 4)
})

test("a shared scale is that of the column, and of signed tensors only", () => {
  const make = (id, role, end, scale = "signed") => ({
    id,
    role,
    scale,
    numbers: [end],
    values: [end],
    statistics: { minimum: -end, maximum: end, rms: end },
  })
  const tensors = [
    make("a", "weight", 1),
    make("b", "weight", 4),
    make("c", "output", 9),
    make("p", "weight", 50, "probability"),
  ]
  assert.deepEqual(
    [...sharedEnds(tensors)],
    [
      ["a", 4],
      ["b", 4],
      ["c", 9],
    ],
  )
  assert.deepEqual([...sharedEnds(tensors, true).values()], [9, 9, 9])
  assert.equal(scaleOf(tensors[0], { dark: false, shared: 4 }).high, 4)
  assert.equal(scaleOf(tensors[3], { dark: false }).high, 1)
})
