// An operand of fewer cells than the result: while the operation runs, or is touched, faint outlines behind it say how
// often it is used. It claims nothing.

import { spreadOf } from "../broadcast.js"
import { labelOf } from "../kinds.js"
import { overlay } from "../overlay.js"
import { placeFor } from "../spots.js"

/**
 * @import { Operation, Value } from "../graph.js" @import { Paint } from "../paint.js"
 * @import { Scene } from "../scene.js" @import { Place } from "../spots.js"
 *
 * @typedef {{operation: Operation, value: Value, result: Value, times: number}} Repeated
 */

/** How many outlines stand behind at most, and pixels from one to the next. */
const MOST_OUTLINES = 3
const STEP = 3

/** What is used more than once by operations that run or are touched. @param {Scene} scene @returns {Repeated[]} */
function repeatedIn(scene) {
  const { touched } = scene.state
  return scene.graph.operations.flatMap((operation) => {
    const { operands, results } = operation
    const own = touched && (results.includes(touched.value) || operands.includes(touched.value))
    return own || scene.now(operation) ? repeatedBy(operation) : []
  })
}

/** @param {Operation} operation @returns {Repeated[]} */
export function repeatedBy(operation) {
  const spread = spreadOf(operation)
  if (!spread) return []
  const { result, operands } = spread
  return operands.flatMap(({ value }) => {
    const times = (result.cells?.length ?? 0) / (value.cells?.length || 1)
    return times > 1 && (value.cells?.length ?? 0) > 1 ? [{ operation, value, result, times }] : []
  })
}

/** @param {Paint} p @param {Place} place @param {number} times */
function drawCopies(p, { view, cell, corner }, times) {
  const { x, y } = corner(0)
  const [w, h] = [view.columns * cell, view.rows * cell]
  const count = Math.min(MOST_OUTLINES, times - 1)
  for (let at = 1; at <= count; at++) {
    const away = at * STEP
    p.line(x + away, y + h + away - 1, x + w + away - 1, y + h + away - 1, p.c.faint, 1)
    p.line(x + w + away - 1, y + away, x + w + away - 1, y + h + away - 1, p.c.faint, 1)
  }
  const below = y + h + count * STEP + p.note * 0.5
  p.text(`×${times}`, x + w, below, { align: "right", size: p.note * 0.85, colour: p.c.soft })
}

export default overlay("spread", {
  over: (p, scene) => {
    for (const { operation, value, times } of repeatedIn(scene)) {
      const place = placeFor(scene, value, operation)
      if (place?.view.facets.length === 1) drawCopies(p, place, times)
    }
  },
  tells: (scene) =>
    repeatedIn(scene)
      .map(({ value, result, times }) =>
        scene.words("flow.spread.says", { name: labelOf(value), times, result: labelOf(result) }),
      )
      .join(" "),
})
