// Which two axes of a grid are shown, and where the others stand. Nothing here draws.

export const MOST_FACETS = 8
export const MOST_CHOSEN_FACETS = 32

/** @type {("rows"|"columns"|"facets")[]} */
const PARTS = ["rows", "columns", "facets"]

/**
 * @typedef {object} Selection
 * @property {number} rows the axis down the rows @property {number} columns the axis along the columns
 * @property {number} facets the axis shown side by side, or -1
 * @property {number[]} fixed where every axis stands
 *
 * @typedef {object} Slice one picture
 * @property {number} rows @property {number} columns their counts
 * @property {number} base @property {number} rowStride @property {number} columnStride offsets into the values
 * @property {number} facet position on the facet axis, or -1
 * @property {number[]} fixed
 */

/**
 * Height and width where the grid has them, else the last two axes; the leading other axis side by side if it is small.
 * @param {{shape: number[]}} grid @param {string[]} plain the axes' own names, never what the reader calls them
 * @returns {Selection}
 */
export function defaultSelection(grid, plain) {
  const rank = grid.shape.length
  const [height, width] = [plain.indexOf("height"), plain.indexOf("width")]
  const [rows, columns] = height >= 0 && width >= 0 ? [height, width] : [rank - 2, rank - 1]
  const selection = { rows, columns, facets: -1, fixed: Array(rank).fill(0) }
  const small = facetChoices(grid.shape, selection).filter((axis) => grid.shape[axis] <= MOST_FACETS)
  selection.facets = small.length ? small[0] : -1
  return selection
}

/**
 * A tensor's; of a reduced one the message chose the axes.
 * @param {import("./unpack.js").Tensor} tensor @returns {Selection}
 */
export function firstSelection(tensor) {
  return defaultSelection(tensor.grid, tensor.reduced || tensor.shape.length < 2 ? [] : tensor.plain)
}

/**
 * Axes that may be shown side by side.
 * @param {number[]} shape @param {{rows: number, columns: number}} selection @returns {number[]}
 */
export function facetChoices(shape, { rows, columns }) {
  return shape.flatMap((size, axis) =>
    axis !== rows && axis !== columns && size > 1 && size <= MOST_CHOSEN_FACETS ? [axis] : [],
  )
}

/** Axes that need a slider. @param {number[]} shape @param {Selection} selection @returns {number[]} */
export function sliderAxes(shape, { rows, columns, facets }) {
  return shape.flatMap((size, axis) => (axis !== rows && axis !== columns && axis !== facets && size > 1 ? [axis] : []))
}

/**
 * The selection after an axis was chosen for a part; whoever held it takes over what the part held before.
 * @param {Selection} selection @param {"rows"|"columns"|"facets"} part @param {number} axis @param {number[]} shape
 */
export function choose(selection, part, axis, shape) {
  const next = { ...selection, [part]: axis }
  for (const other of PARTS) {
    if (other !== part && axis >= 0 && selection[other] === axis) next[other] = selection[part]
  }
  if (next.rows < 0) next.rows = free(next, shape)
  if (next.columns < 0) next.columns = free(next, shape)
  if (next.facets >= 0 && !facetChoices(shape, next).includes(next.facets)) next.facets = -1
  return next
}

/** @param {Selection} selection @param {number[]} shape */
function free({ rows, columns, facets }, shape) {
  return shape.findIndex((_, axis) => axis !== rows && axis !== columns && axis !== facets)
}

/** The same selection on a grid whose sizes changed. @param {Selection} selection @param {number[]} shape */
export function clampSelection(selection, shape) {
  return { ...selection, fixed: shape.map((size, axis) => Math.max(0, Math.min(selection.fixed[axis] ?? 0, size - 1))) }
}

/**
 * The pictures of a selection, one for each position on the facet axis.
 * @param {import("./unpack.js").Grid} grid @param {Selection} selection @returns {Slice[]}
 */
export function slicesOf(grid, selection) {
  const { rows, columns, facets } = selection
  const positions = facets < 0 ? [-1] : Array.from({ length: grid.shape[facets] }, (_, position) => position)
  return positions.map((facet) => {
    const fixed = selection.fixed.slice()
    fixed[rows] = fixed[columns] = 0
    if (facet >= 0) fixed[facets] = facet
    return {
      rows: grid.shape[rows],
      columns: grid.shape[columns],
      facet,
      fixed,
      base: fixed.reduce((sum, position, axis) => sum + position * grid.strides[axis], 0),
      rowStride: grid.strides[rows],
      columnStride: grid.strides[columns],
    }
  })
}

/**
 * The index, in the grid, of a cell of a slice.
 * @param {Selection} selection @param {Slice} slice @param {number} row @param {number} column
 */
export function gridIndex(selection, slice, row, column) {
  const index = slice.fixed.slice()
  index[selection.rows] = row
  index[selection.columns] = column
  return index
}

/** Where a cell of a slice stands among the values. @param {Slice} slice @param {number} row @param {number} column */
export function offsetOf(slice, row, column) {
  return slice.base + row * slice.rowStride + column * slice.columnStride
}

/**
 * The cell on which a grid index is drawn; null where another slice is shown.
 * @param {Selection} selection @param {number[]} index @returns {import("./hit.js").Cell|null}
 */
export function cellOf(selection, index) {
  const { rows, columns, facets, fixed } = selection
  const here = index.every(
    (position, axis) => axis === rows || axis === columns || axis === facets || position === fixed[axis],
  )
  return here ? { facet: facets < 0 ? 0 : index[facets], row: index[rows], column: index[columns] } : null
}
