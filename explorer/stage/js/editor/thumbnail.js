// A tensor as a few pixels beside the line that made it, in the colours that it has everywhere.

import { element, penOf } from "../core/dom.js"
import { scaleOf } from "../core/ranges.js"
import { paintPixels } from "../core/raster.js"

/** Pixels of a cell, at most. */
const LARGEST = 9

/**
 * @param {import("./message.js").Picture} picture @param {import("../core/theme.js").Theme} theme
 * @param {import("../types.js").Size} most pixels that it may take
 */
export function thumbnail({ rows, columns, numbers, scale, statistics }, theme, most) {
  const canvas = element("canvas", { class: "thumbnail", width: columns, height: rows, "aria-hidden": "true" })
  const tensor = /** @type {import("../core/unpack.js").Tensor} */ (
    /** @type {unknown} */ ({ scale, statistics, numbers })
  )
  const colours = scaleOf(tensor, { dark: theme.dark })
  if (colours) {
    const pen = penOf(canvas)
    const image = pen.createImageData(columns, rows)
    paintPixels(Float64Array.from(numbers), colours, theme.other, image.data)
    pen.putImageData(image, 0, 0)
  }
  const cell = Math.max(1, Math.min(LARGEST, Math.floor(Math.min(most.width / columns, most.height / rows))))
  canvas.style.width = `${columns * cell}px`
  canvas.style.height = `${rows * cell}px`
  return canvas
}
