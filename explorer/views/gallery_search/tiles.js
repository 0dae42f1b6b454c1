// Picture cards: what goes into a layer and what comes out of it, as recorded. Texts are set as text, never as HTML.

import { colourOf, draw, fillOf, make, topOf } from "./cells.js"

/**
 * @import { CellScale } from "./cells.js"
 *
 * @typedef {{rows: number, columns: number, scale: CellScale, cells: number[]}} Picture of a "colour" three numbers a cell
 * @typedef {{id: string, title: string, says: string, href: string, pictures: Picture[], current?: boolean}} Tile one without
 *   an address cannot be opened
 * @typedef {{tiles: Tile[]}} Data
 */

const WIDTH = 216
const HEIGHT = 112
/** Around the pictures, and between two of them. */
const EDGE = 14
const GAP = 26
/** The largest cell. */
const LARGEST = 22

/** @param {Tile} tile @param {(id: string) => void} open */
function drawTile({ id, title, says, href, pictures }, open) {
  const picture = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" })
  picture.append(...(pictures.every(isLong) ? below(pictures) : beside(pictures)))
  const inside = [picture, make("span", "title", title), make("span", "says", says)]
  if (!href) return make("li", "", "", [make("div", "tile closed", "", inside)])
  const link = make("a", "tile", "", inside)
  link.href = href
  link.dataset.layer = id
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    open(id)
  }
  return make("li", "", "", [link])
}

/** Whether a picture would be too small beside another one. @param {Picture} picture */
function isLong({ rows, columns }) {
  return columns >= 4 * rows
}

/** Pictures from left to right. @param {Picture[]} pictures */
function beside(pictures) {
  const gaps = GAP * (pictures.length - 1)
  const room = (WIDTH - 2 * EDGE - gaps) / Math.max(1, pictures.length)
  const units = pictures.map(({ rows, columns }) => Math.min(LARGEST, room / columns, (HEIGHT - 2 * EDGE) / rows))
  const widths = pictures.map(({ columns }, at) => columns * units[at])
  let x = (WIDTH - widths.reduce((sum, width) => sum + width, gaps)) / 2
  return pictures.flatMap((one, at) => {
    const made = cellsOf(one, x, (HEIGHT - one.rows * units[at]) / 2, units[at])
    const before = at ? [arrow(`translate(${x - 5} ${HEIGHT / 2})`)] : []
    x += widths[at] + GAP
    return [...before, ...made]
  })
}

/** Pictures from above to below, cell under cell. @param {Picture[]} pictures */
function below(pictures) {
  const columns = Math.max(...pictures.map((one) => one.columns))
  const unit = Math.min(LARGEST, (WIDTH - 2 * EDGE) / columns)
  const gaps = GAP * (pictures.length - 1)
  let y = (HEIGHT - pictures.reduce((sum, { rows }) => sum + rows * unit, gaps)) / 2
  return pictures.flatMap((one, at) => {
    const made = cellsOf(one, (WIDTH - columns * unit) / 2, y, unit)
    const before = at ? [arrow(`translate(${WIDTH / 2} ${y - 5}) rotate(90)`)] : []
    y += one.rows * unit + GAP
    return [...before, ...made]
  })
}

/** @param {Picture} picture @param {number} x @param {number} y @param {number} unit */
function cellsOf({ rows, columns, scale, cells }, x, y, unit) {
  const top = scale === "grey" ? 1 : topOf(cells)
  const made = Array.from({ length: rows * columns }, (_, at) => {
    const cell = draw("rect", {
      x: x + (at % columns) * unit,
      y: y + Math.floor(at / columns) * unit,
      width: unit + 0.3, // no hair of the ground between two cells
      height: unit + 0.3,
    })
    cell.style.fill = scale === "colour" ? colourOf(cells.slice(at * 3, at * 3 + 3)) : fillOf(cells[at], top, scale)
    return cell
  })
  return [
    ...made,
    draw("rect", { class: "frame", x: x - 0.5, y: y - 0.5, width: columns * unit + 1, height: rows * unit + 1 }),
  ]
}

/** An arrow whose tip is at the origin. @param {string} transform */
function arrow(transform) {
  const made = draw("g", { transform })
  made.append(
    draw("line", { class: "wire", x1: 10 - GAP, x2: -6, y1: 0, y2: 0 }),
    draw("path", { class: "head", d: "M 0 0 l -7 -4 v 8 Z" }),
  )
  return made
}

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap()

/** Mark the one that is shown. @param {Element} root @param {Tile[]} tiles */
function mark(root, tiles) {
  for (const [at, link] of [...root.querySelectorAll(".tile")].entries()) {
    if (tiles[at].current) link.setAttribute("aria-current", "true")
    else link.removeAttribute("aria-current")
  }
}

/** @param {{data: [Data], parentElement: ShadowRoot, setTriggerValue(name: string, value: unknown): void}} component */
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tiles")
  if (!root) return
  const made = JSON.stringify({ ...data, tiles: data.tiles.map((tile) => ({ ...tile, current: false })) })
  if (drawn.get(root) === made) {
    mark(root, data.tiles) // what surrounds them keeps its place
    return
  }
  const held = /** @type {HTMLElement|null} */ (parentElement.activeElement)?.dataset.layer
  drawn.set(root, made)
  const open = (/** @type {string} */ id) => setTriggerValue("open", id)
  root.replaceChildren(...data.tiles.map((tile) => drawTile(tile, open)))
  mark(root, data.tiles)
  if (held) root.querySelector(/** @type {"a"} */ (`[data-layer="${CSS.escape(held)}"]`))?.focus()
}
