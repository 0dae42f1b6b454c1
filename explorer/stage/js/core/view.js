// The part of a picture that is zoomed into, in cells. Nothing here draws.

/** @typedef {{x: number, y: number, width: number, height: number}} View */

const SMALLEST = 2

/** @param {number} rows @param {number} columns @returns {View} */
export function wholeView(rows, columns) {
  return { x: 0, y: 0, width: columns, height: rows }
}

/** @param {View} view @param {number} rows @param {number} columns */
export function isZoomed(view, rows, columns) {
  return view.width < columns || view.height < rows
}

/**
 * Zoom by a factor (above 1: closer) around a point that stays where it is.
 * @param {View} view @param {number} factor @param {number} x @param {number} y in cells
 * @param {number} rows @param {number} columns
 */
export function zoom(view, factor, x, y, rows, columns) {
  const width = between(view.width / factor, Math.min(SMALLEST, columns), columns)
  const height = between(view.height / factor, Math.min(SMALLEST, rows), rows)
  return clampView(
    { x: x - ((x - view.x) / view.width) * width, y: y - ((y - view.y) / view.height) * height, width, height },
    rows,
    columns,
  )
}

/** @param {View} view @param {number} dx @param {number} dy in cells @param {number} rows @param {number} columns */
export function pan(view, dx, dy, rows, columns) {
  return clampView({ ...view, x: view.x + dx, y: view.y + dy }, rows, columns)
}

/**
 * Move just enough that a cell is seen.
 * @param {View} view @param {number} row @param {number} column @param {number} rows @param {number} columns
 */
export function reveal(view, row, column, rows, columns) {
  const x = between(view.x, column + 1 - view.width, column)
  const y = between(view.y, row + 1 - view.height, row)
  return clampView({ ...view, x, y }, rows, columns)
}

/** @param {View} view @param {number} rows @param {number} columns @returns {View} */
export function clampView(view, rows, columns) {
  const width = Math.min(view.width, columns)
  const height = Math.min(view.height, rows)
  return { width, height, x: between(view.x, 0, columns - width), y: between(view.y, 0, rows - height) }
}

/** @param {number} value @param {number} low @param {number} high */
function between(value, low, high) {
  return Math.max(low, Math.min(value, high))
}
