// Which cell a point is on, and where the keyboard's cursor goes. Nothing here draws.

/**
 * @typedef {{facet: number, row: number, column: number}} Cell `facet` is the position among the pictures
 * @typedef {{x: number, y: number, width: number, height: number}} Plot in CSS pixels of the canvas
 */

/**
 * @param {number} x @param {number} y @param {Plot[]} plots @param {import("./view.js").View} view
 * @returns {Cell|null}
 */
export function cellAt(x, y, plots, view) {
  const facet = plots.findIndex(
    (plot) => x >= plot.x && x < plot.x + plot.width && y >= plot.y && y < plot.y + plot.height,
  )
  if (facet < 0) return null
  const at = pointAt(x, y, plots[facet], view)
  return { facet, row: Math.floor(at.y), column: Math.floor(at.x) }
}

/**
 * The point in cells, fractions included.
 * @param {number} x @param {number} y @param {Plot} plot @param {import("./view.js").View} view
 */
export function pointAt(x, y, plot, view) {
  return {
    x: view.x + ((x - plot.x) / plot.width) * view.width,
    y: view.y + ((y - plot.y) / plot.height) * view.height,
  }
}

/**
 * Where a cell lies on the canvas; it may reach beyond its plot when zoomed.
 * @param {{row: number, column: number}} cell @param {Plot} plot @param {import("./view.js").View} view @returns {Plot}
 */
export function cellRectangle({ row, column }, plot, view) {
  const width = plot.width / view.width
  const height = plot.height / view.height
  return { x: plot.x + (column - view.x) * width, y: plot.y + (row - view.y) * height, width, height }
}

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

/**
 * The cell that a key leads to; null if the key is none of ours. Home and End stay in the row, with Control they go to
 * the corners; Page Up and Page Down change the picture.
 * @param {Cell|null|undefined} cell @param {{key: string, ctrlKey?: boolean}} event
 * @param {number} rows @param {number} columns @param {number} facets @returns {Cell|null}
 */
export function moveCell(cell, event, rows, columns, facets) {
  const { key, ctrlKey } = event
  const step = STEPS[key]
  if (!step && !["Home", "End", "PageUp", "PageDown"].includes(key)) return null
  if (!cell) return { facet: 0, row: 0, column: 0 }
  if (step) return clampCell({ ...cell, row: cell.row + step[0], column: cell.column + step[1] }, rows, columns, facets)
  if (key === "Home") return { ...cell, column: 0, row: ctrlKey ? 0 : cell.row }
  if (key === "End") return { ...cell, column: columns - 1, row: ctrlKey ? rows - 1 : cell.row }
  return clampCell({ ...cell, facet: cell.facet + (key === "PageDown" ? 1 : -1) }, rows, columns, facets)
}

/** @param {Cell} cell @param {number} rows @param {number} columns @param {number} facets @returns {Cell} */
export function clampCell(cell, rows, columns, facets) {
  const within = (/** @type {number} */ value, /** @type {number} */ count) => Math.max(0, Math.min(value, count - 1))
  return { facet: within(cell.facet, facets), row: within(cell.row, rows), column: within(cell.column, columns) }
}
