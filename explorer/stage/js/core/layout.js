// Where everything stands: columns by role, pictures in a card, labels along a picture. Nothing here draws.

/** @import { Size } from "../types.js" */

const ROLES = [
  "input",
  "weight",
  "intermediate",
  "output",
  "before",
  "gradient",
  "after",
  "constrained",
  "this",
  "other",
  "difference",
]
const NARROWEST = 236
const WIDEST = 560
const GAP = 32
const TRACK_GAP = 16
/** What a card keeps of the width that it wants, at least, where there is one column of many. */
const TIGHTEST = 0.75

const LARGEST_CELL_WIDTH = 84
const LARGEST_CELL_HEIGHT = 42
const LARGEST_HEIGHT = 380
const FACET_GAP = 14
const TITLE_HEIGHT = 18

/** Character width as a share of the size of a monospaced font. */
export const CHARACTER = 0.61

/**
 * @template {{role: string}} T
 * @param {T[]} tensors @returns {{role: string, members: T[]}[]} columns that have members, in the order of the flow
 */
export function columnsByRole(tensors) {
  return ROLES.map((role) => ({
    role,
    members: tensors.filter((tensor) => (tensor.role === "mask" ? "input" : tensor.role) === role),
  })).filter(({ members }) => members.length > 0)
}

/**
 * @typedef {object} Column @property {string} role @property {number[]} widths wanted by its cards
 * @property {number[]} heights expected of its cards
 * @typedef {object} Placed @property {string} role @property {number} tracks cards side by side
 * @property {number} width of one track @property {number} total
 *
 * @param {Column[]} columns @param {number} width @returns {Placed[][]} rows of columns
 */
export function arrange(columns, width) {
  if (!columns.length) return []
  const fitting = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)))
  const rows = Math.ceil(columns.length / fitting)
  const each = Math.ceil(columns.length / rows)
  return Array.from({ length: rows }, (_, row) => arrangeRow(columns.slice(row * each, (row + 1) * each), width))
}

/** @param {Column[]} columns @param {number} width @returns {Placed[]} */
function arrangeRow(columns, width) {
  const wanted = columns.map(({ widths }) => Math.min(WIDEST, Math.max(NARROWEST, ...widths)))
  const tracks = columns.map(() => 1)
  const used = () =>
    sum(tracks.map((count, at) => count * wanted[at] + (count - 1) * TRACK_GAP)) + (columns.length - 1) * GAP
  const load = (/** @type {number} */ at) => sum(columns[at].heights) / tracks[at]
  const fits = (/** @type {number} */ more) => {
    const cards = sum(tracks) + 1
    const least = cards * NARROWEST + (cards - 1) * TRACK_GAP
    return columns.length === 1 ? least <= width && (used() + more) * TIGHTEST <= width : used() + more <= width
  }
  for (;;) {
    // the tallest column gets another track while there is room for one
    const open = columns.map((_, at) => at).filter((at) => tracks[at] < columns[at].heights.length)
    const tallest = open.sort((a, b) => load(b) - load(a))[0]
    if (tallest === undefined || !fits(wanted[tallest] + TRACK_GAP)) break
    tracks[tallest] += 1
  }
  const spare = width - used()
  const count = sum(tracks)
  const widths =
    spare >= 0 ? wanted.map((one) => Math.min(WIDEST, one + spare / count)) : shrink(wanted, tracks, -spare, width)
  return columns.map(({ role }, at) => {
    const track = Math.floor(widths[at])
    return { role, tracks: tracks[at], width: track, total: tracks[at] * track + (tracks[at] - 1) * TRACK_GAP }
  })
}

/**
 * Take what is missing from the columns in proportion to what each has above the least.
 * @param {number[]} wanted @param {number[]} tracks @param {number} missing @param {number} width
 */
function shrink(wanted, tracks, missing, width) {
  const loose = sum(wanted.map((one, at) => (one - NARROWEST) * tracks[at]))
  const least = Math.min(NARROWEST, width)
  return wanted.map((one) => (loose > 0 ? Math.max(least, one - ((one - NARROWEST) * missing) / loose) : least))
}

/**
 * Split cards into so many runs of nearly equal height, keeping their order.
 * @param {number[]} heights @param {number} tracks @returns {number[]} the track of each
 */
export function splitTracks(heights, tracks) {
  const limit = sum(heights) / tracks
  let track = 0
  let filled = 0
  return heights.map((height, at) => {
    const left = heights.length - at
    const full = filled > 0 && filled + height / 2 > limit
    if (track < tracks - 1 && (full || left <= tracks - 1 - track) && at > 0) {
      track += 1
      filled = 0
    }
    filled += height
    return track
  })
}

/**
 * @typedef {object} Wish @property {number} rows @property {number} columns @property {number} facets
 * @property {number} characters of the longest text to print @property {boolean} square
 * @property {number} rowLabel characters of the longest row label; 0 for none
 * @property {boolean} labelled whether columns carry their indices
 * @property {number} [tallest] the height that one plot may take
 * @property {boolean} rowName @property {boolean} columnName whether the axes are named @property {boolean} titled
 */

/** The plot's margin for labels. @param {Wish} wish */
export function margins(wish) {
  const left = (wish.rowLabel ? Math.ceil(wish.rowLabel * 10 * CHARACTER) + 8 : 0) + (wish.rowName ? 15 : 0)
  return { left, top: (wish.labelled ? 16 : 0) + (wish.columnName ? 14 : 0), right: 2, bottom: 2 }
}

/** The width at which a card shows its numbers at their best. @param {Wish} wish */
export function wantedWidth(wish) {
  const { left, right } = margins(wish)
  const cell = cellWish(wish)
  const across = wish.facets > 1 ? 2 : 1
  const plot = Math.min(wish.columns * cell, 440)
  return left + right + across * plot + (across - 1) * FACET_GAP
}

/** @param {Wish} wish */
function cellWish({ characters, square }) {
  return square ? 30 : Math.max(32, Math.min(characters, 7) * 12 * CHARACTER + 12)
}

/**
 * One cell's size. Wide cells for numbers, square ones for pictures and for cells too small to print in.
 * @param {Wish} wish @param {number} width @param {number} [height] @returns {Size}
 */
export function cellSize({ rows, columns, square }, width, height = LARGEST_HEIGHT) {
  let across = Math.min(width / columns, LARGEST_CELL_WIDTH)
  let down = Math.min(height / rows, LARGEST_CELL_HEIGHT)
  const large = across >= 26 && down >= 20
  if (square || (!large && rows > 1 && columns / rows < 8 && rows / columns < 8)) across = down = Math.min(across, down)
  across = Math.min(across, down * (large ? 2.2 : 40))
  if (large) down = Math.min(down, Math.max(across, 24))
  const whole = (/** @type {number} */ size) => (size >= 6 ? Math.floor(size) : size)
  return { width: whole(across), height: whole(down) }
}

/**
 * @typedef {object} Layout everything on a card's canvas
 * @property {number} width @property {number} height @property {Size} cell @property {import("./hit.js").Plot[]} plots
 * @property {ReturnType<typeof margins>} margin @property {number} title
 *
 * @param {Wish} wish @param {number} width @returns {Layout}
 */
export function arrangePlots(wish, width) {
  const margin = margins(wish)
  const title = wish.titled ? TITLE_HEIGHT : 0
  const room = width - margin.right
  const options = Array.from({ length: wish.facets }, (_, at) => at + 1).map((across) => {
    const down = Math.ceil(wish.facets / across)
    const each = (room - (across - 1) * FACET_GAP) / across - margin.left
    const height = wish.tallest
      ? Math.max(64, Math.min(wish.tallest, (1.15 * wish.tallest) / down))
      : Math.max(90, Math.min(LARGEST_HEIGHT, 560 / down))
    return { across, down, each, cell: each > 8 ? cellSize(wish, each, height) : { width: 0, height: 0 } }
  })
  const area = (/** @type {{cell: Size}} */ { cell }) => Math.min(cell.width, 56) * Math.min(cell.height, 34)
  const best = options.reduce((one, other) =>
    area(other) >= area(one) * (other.down < one.down ? 0.6 : 1.01) ? other : one,
  )
  const plot = { width: best.cell.width * wish.columns, height: best.cell.height * wish.rows }
  const pitch = { x: plot.width + margin.left + FACET_GAP, y: plot.height + margin.top + title + FACET_GAP }
  const plots = Array.from({ length: wish.facets }, (_, at) => ({
    x: margin.left + (at % best.across) * pitch.x,
    y: margin.top + title + Math.floor(at / best.across) * pitch.y,
    ...plot,
  }))
  return { width, height: best.down * pitch.y - FACET_GAP + margin.bottom, cell: best.cell, plots, margin, title }
}

/** Where nothing can be drawn. @param {number} width @returns {Layout} */
export function emptyLayout(width) {
  return {
    width,
    height: 64,
    cell: { width: 0, height: 0 },
    plots: [],
    margin: { left: 0, top: 0, right: 0, bottom: 0 },
    title: 0,
  }
}

/**
 * Label every n-th index: 1, 2, 5, 10, 20, ... so that none touch.
 * @param {number} size of a cell @param {number} label
 */
export function labelStep(size, label) {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 2, 5]) if (step * power * size >= label) return step * power
  }
}

/**
 * The largest font at which a text of so many characters fits a cell; 0 if none does.
 * @param {Size} cell @param {number} characters @param {number} [least] @param {number} [most]
 */
export function fitFont(cell, characters, least = 11, most = 13) {
  const size = Math.min(most, (cell.width - 5) / (characters * CHARACTER), cell.height * 0.62)
  return size >= least ? size : 0
}

/** A font for texts that must be shortened, and the characters that it has room for. @param {Size} cell */
export function roomFor(cell) {
  for (const size of [12.5, 11.5, 10.5, 9.5]) {
    const room = Math.min(7, Math.floor((cell.width - 4) / (size * CHARACTER)))
    if (size <= cell.height * 0.62 && (room >= 6 || (size <= 10.5 && room >= 4))) return { size, room }
  }
  return null
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
