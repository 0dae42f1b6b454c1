// The same numbers as an HTML table, for those who read rather than look.

import { element } from "./dom.js"
import { countText, exactText, figureText } from "./format.js"
import { storedDtype } from "./reading.js"
import { offsetOf } from "./slices.js"

const MOST_ROWS = 100
const MOST_COLUMNS = 50

/**
 * @param {import("./card.js").Card} card @returns {Node[]} one table for each slice shown, and a sentence where it is cut
 */
export function tables(card) {
  const { tensor, picture, words, state } = card
  const names = tensor.grid.axes
  const rows = Math.min(picture.rows, MOST_ROWS)
  const columns = Math.min(picture.columns, MOST_COLUMNS)
  /** @type {HTMLElement[]} */
  const made = picture.slices.map((slice) => {
    const { facets } = state.selection
    const at = slice.facet < 0 ? "" : `${names[facets] || words("axis", { number: facets })} ${slice.facet}`
    const head = element(
      "tr",
      {},
      corner(names, state.selection),
      ...range(columns).map((column) => element("th", { scope: "col" }, String(column))),
    )
    const body = range(rows).map((row) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, String(row)),
        ...range(columns).map((column) => {
          const offset = offsetOf(slice, row, column)
          const value = tensor.values[offset]
          return element("td", markOf(card, offset), value === undefined ? "" : exactText(value, storedDtype(tensor)))
        }),
      ),
    )
    return element(
      "table",
      {},
      element("caption", {}, words("table.caption", { name: tensor.name, slice: at }).trim()),
      element("thead", {}, head),
      element("tbody", {}, ...body),
    )
  })
  if (rows < picture.rows || columns < picture.columns) {
    made.unshift(
      element(
        "p",
        { class: "cut" },
        words("table.cut", {
          rows: countText(rows),
          all_rows: countText(picture.rows),
          columns: countText(columns),
          all_columns: countText(picture.columns),
        }),
      ),
    )
  }
  return made
}

/**
 * Whether the cell counts for the touched one, and how much.
 * @param {import("./card.js").Card} card @param {number} offset @returns {Record<string, string|number>}
 */
function markOf({ trail, words }, offset) {
  if (!trail) return {}
  const strength = trail.weights[offset]
  if (!strength) return { class: "faint" }
  return { class: "counts", "data-counts": strength, title: words("trail.counts", { strength: figureText(strength) }) }
}

/** @param {string[]} names @param {import("./slices.js").Selection} selection */
function corner(names, { rows, columns }) {
  const text = [names[rows], names[columns]].filter(Boolean).join(" \\ ")
  return text ? element("th", { scope: "col", class: "corner" }, text) : element("td", {})
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, at) => at)
}
