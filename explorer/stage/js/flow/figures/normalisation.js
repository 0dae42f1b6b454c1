// A normalisation: for each group of cells that share a mean and a deviation, how its numbers lie before and after. What is
// subtracted is a line, what is divided by is the band about it.

import { labelOf } from "../kinds.js"
import { measured, momentsOf, normalisationsOf, weightNames } from "../normalised.js"
import { ease, fullAt, print } from "../paint.js"
import { label } from "../panes.js"

/**
 * @import { Value } from "../graph.js" @import { FigureBlock } from "../layout.js" @import { Moments, Normalisation } from "../normalised.js"
 * @import { Paint } from "../paint.js" @import { Claim, Figure, Scene, State } from "../scene.js"
 *
 * @typedef {Claim & {found: Normalisation, fold: boolean}} NormalisationClaim
 * @typedef {FigureBlock & {claim: NormalisationClaim}} Block
 *
 * @typedef {object} Strip numbers on a line, from its left edge on
 * @property {Value} value @property {number[]} cells @property {Moments} moments @property {{low: number, high: number}} ends
 * @property {number} x @property {number} y @property {number} w @property {number} h
 * @property {number} seen how far it has been made, 0 to 1 @property {Strip|null} from where its numbers come from
 *
 * @typedef {object} Frame how a figure is laid out
 * @property {number} row the height of a group @property {number} strip the width of a strip @property {number} name of a group's name
 * @property {number} between the strips @property {number} head above the groups @property {number} foot below them @property {number} rows
 * @property {number} line the height of a line of text
 */

/** Pixels, times k; a line of text is at least so many times as high as its letters' line. */
const LINE = 20
const LEAST_LINE = 1.15
const NAME = 62
const WEIGHT = 46
const BELOW = 28
/** Weights of so many cells are drawn below the groups. */
const MOST_WEIGHTS = 24
const MOST_ROWS = 8
/** The part of the stage's height that a figure may fill. */
const TALLEST = 0.9
/** A group of more numbers is drawn as a histogram, of so many bars. */
const MOST_DOTS = 40
const BARS = 24
/** Groups whose numbers are told in words. */
const TOLD = 4

/** The groups of which the shown sample has a row. @param {NormalisationClaim} claim @param {{sample: number}} state @returns {number[]} */
function groupsShown({ found: { groups }, fold }, { sample }) {
  const all = Array.from({ length: groups.count }, (_, group) => group)
  if (!fold || groups.kept[0] !== 0) return all
  const each = groups.count / groups.shape[0]
  return all.slice(Math.min(sample, groups.shape[0] - 1) * each).slice(0, each)
}

/** Whether each group has its own gamma and beta. @param {Normalisation} found */
function ownWeights({ way, gamma, beta }) {
  return way === "batch" ? [gamma, beta].filter((value) => value !== null) : []
}

/** Gamma and beta that all groups share, a cell for each place in a group. @param {Normalisation} found */
function laterWeights({ way, gamma, beta }) {
  return way === "batch" ? [] : [gamma, beta].filter((value) => value !== null)
}

/** @param {NormalisationClaim} claim @param {{k: number, H: number, lineNote: number}} space @param {number} unit @returns {Frame} */
function frameOf(claim, { k, H, lineNote }, unit) {
  const count = groupsShown(claim, { sample: 0 }).length
  const { found } = claim
  const line = Math.max(LINE * k, LEAST_LINE * lineNote)
  const row = Math.max(22 * k + line, Math.min(1.2 * unit, 66 * k))
  const later = laterWeights(found).length
  const head = 3 * line
  const room = TALLEST * H - head - line - (later * BELOW + 6) * k
  const rows = Math.max(1, Math.min(count, MOST_ROWS, Math.floor(room / row)))
  const foot = (later * BELOW + 6) * k + (rows < count ? line : 0)
  const strip = Math.max(104 * k, Math.min(3.4 * unit, 176 * k))
  const between = Math.max(30 * k, ownWeights(found).length * WEIGHT * k + 22 * k)
  return { row, strip, name: NAME * k, between, head, foot, rows, line }
}

/** @type {Figure<NormalisationClaim>["size"]} */
function size(claim, space, unit) {
  const { row, strip, name, between, head, foot, rows } = frameOf(claim, space, unit)
  return { w: name + 2 * strip + between + 8 * space.k, h: head + rows * row + foot }
}

/** The smallest and the largest number of all groups, their moments included. @param {Value} value @param {Moments[]} moments */
function endsOf({ cells }, moments) {
  const marks = moments.flatMap(({ centre, measure }) => [centre - measure, centre + measure])
  let [low, high] = [Infinity, -Infinity]
  for (const numbers of [cells ?? [], marks])
    for (let at = 0; at < numbers.length; at++) {
      if (!Number.isFinite(numbers[at])) continue
      low = Math.min(low, numbers[at])
      high = Math.max(high, numbers[at])
    }
  if (low > high) return { low: -1, high: 1 }
  return low === high ? { low: low - 1, high: high + 1 } : { low, high }
}

/** The rows that are drawn: those about the touched cell, or the first ones. @param {NormalisationClaim} claim @param {State} state @param {number} rows */
export function rowsOf(claim, state, rows) {
  const all = groupsShown(claim, state)
  const { found } = claim
  const { touched } = state
  const own =
    touched && [found.x, found.result].includes(touched.value) ? all.indexOf(found.groups.of(touched.cell)) : 0
  const first = Math.max(0, Math.min(all.length - rows, own - Math.floor(rows / 2)))
  return { groups: all.slice(first, first + rows), more: all.length - Math.min(rows, all.length) }
}

/**
 * @typedef {{before: Moments[], after: Moments[], ends: {low: number, high: number}[], revision: number}} Figures
 *
 * @type {WeakMap<Normalisation, Figures>}
 */
const numbers = new WeakMap()

/**
 * Moments of all groups before and after, and the ends of both scales, which stay while numbers are dragged.
 * @param {Normalisation} found @param {Scene} scene @returns {Figures}
 */
function numbersOf(found, { revision }) {
  const known = numbers.get(found)
  if (known && known.revision === revision) return known
  const groups = Array.from({ length: found.groups.count }, (_, group) => group)
  const before = groups.map((group) => momentsOf(found, group))
  const after = groups.map((group) => measured(found, group))
  const inside = found.way === "unit" ? [] : [before, after]
  const ends = known?.ends ?? [endsOf(found.x, inside[0] ?? []), endsOf(found.result, inside[1] ?? [])]
  const made = { before, after, ends, revision }
  numbers.set(found, made)
  return made
}

/** @param {Paint} p @param {Block} block @param {Scene} scene */
function draw(p, { claim, cx, cy, w, h }, scene) {
  const { found } = claim
  const { plan, words } = scene
  const { k } = plan
  const frame = frameOf(claim, plan, plan.unit)
  const { groups, more } = rowsOf(claim, scene.state, frame.rows)
  const { before, after, ends } = numbersOf(found, scene)
  const [left, top] = [cx - w / 2, cy - h / 2]
  const [first, second] = [left + frame.name, left + frame.name + frame.strip + frame.between]
  const last = found.operations[found.operations.length - 1]
  drawHead(p, claim, scene, { left, top, w, first, second, frame, ends })
  groups.forEach((group, at) => {
    const y = top + frame.head + at * frame.row
    const cells = found.groups.cells(group)
    const box = { y: y + 3 * k, w: frame.strip, h: frame.row - frame.line - 3 * k }
    const seen = found.x.maker ? scene.progress(found.x.maker) : 1
    /** @type {Strip} */
    const from = { ...box, value: found.x, cells, moments: before[group], ends: ends[0], x: first, seen, from: null }
    const to = { ...box, value: found.result, cells, moments: after[group], ends: ends[1], x: second, from }
    label(p, nameOf(claim, group), left + frame.name / 2 - 4 * k, box.y + box.h / 2, frame.name - 8 * k)
    drawStrip(p, from, found, scene)
    drawStrip(p, { ...to, seen: scene.progress(last) }, found, scene)
    const note = box.y + box.h + frame.line * 0.52
    drawMoments(p, found, before[group], first + frame.strip / 2, note, frame.strip, seen > 0)
    drawMoments(p, found, after[group], second + frame.strip / 2, note, frame.strip, scene.progress(last) > 0)
    if (found.mean) scene.hit(found.mean, group, first, box.y + box.h, frame.strip / 2, frame.line)
    if (found.variance)
      scene.hit(found.variance, group, first + frame.strip / 2, box.y + box.h, frame.strip / 2, frame.line)
    drawWeights(p, found, group, first + frame.strip, frame, box, scene)
  })
  const under = top + frame.head + groups.length * frame.row + 4 * k
  laterWeights(found).forEach((value, at) => {
    drawBelow(p, found, value, { left, y: under + at * BELOW * k, first, w: left + w - first }, scene)
  })
  if (more > 0) label(p, words("flow.hidden", { count: more }), cx, top + h - frame.line * 0.5, w)
}

/** The cells of a weight that all groups share. @param {Paint} p @param {Normalisation} found @param {Value} value @param {{left: number, y: number, first: number, w: number}} at @param {Scene} scene */
function drawBelow(p, found, value, { left, y, first, w }, scene) {
  const { k } = scene.plan
  const { gamma, beta } = weightNames(found)
  const [name, sign] = value === found.gamma ? [gamma, "×"] : [beta, "+"]
  const { cells } = value
  const height = (BELOW - 6) * k
  label(p, `${sign} ${name}`, (left + first) / 2 - 4 * k, y + height / 2, first - left - 4 * k, { colour: p.c.ink })
  if (!cells) return
  const count = Math.min(cells.length, MOST_WEIGHTS)
  const wide = Math.min(40 * k, (w - (count < cells.length ? 60 * k : 8 * k)) / count)
  const { digits, size: text } = p.decimals(cells, wide, Math.min(p.num, height * 0.62))
  const top = fullAt(cells)
  for (let cell = 0; cell < count; cell++) {
    const x = first + cell * wide
    p.cell(x, y, wide, height, cells[cell], { top, digits, size: text, numbers: digits >= 0 })
    scene.hit(value, cell, x, y, wide, height)
  }
  p.round(first - 0.5, y - 0.5, count * wide, height, 0, null, p.c.line, 1)
  for (let cell = 0; cell < count; cell++) {
    const level = scene.touched(value, cell)
    if (level) p.rim(first + cell * wide, y, wide - 1, height - 1, level === 2)
  }
  if (count < cells.length)
    label(
      p,
      scene.words("flow.hidden", { count: cells.length - count }),
      first + count * wide + 4 * k,
      y + height / 2,
      56 * k,
      { align: "left" },
    )
}

/** What is done with weights of each cell. @param {Normalisation} found @param {Scene} scene */
function laterWords(found, { words }) {
  const { gamma, beta } = weightNames(found)
  if (found.way === "batch" || !(gamma || beta)) return []
  if (gamma && beta) return [words("flow.normalisation.both", { gamma, beta })]
  return [gamma ? words("flow.normalisation.scaled", { gamma }) : words("flow.normalisation.shifted", { beta })]
}

/** What a group is called: its place along the axes that are kept. @param {NormalisationClaim} claim @param {number} group */
function nameOf({ found: { groups }, fold }, group) {
  const index = groups.index(group)
  const own = fold && groups.kept[0] === 0 && index.length > 1 ? index.slice(1) : index
  return own.join(", ")
}

/** What is normalised on its own. @param {NormalisationClaim} claim @param {Scene} scene */
function kindOf({ found: { way, groups, x }, fold }, { words }) {
  if (way === "group" || x.axes.length !== groups.shape.length) return words("flow.normalisation.groups")
  const kept = fold && groups.kept[0] === 0 && groups.kept.length > 1 ? groups.kept.slice(1) : groups.kept
  const names = kept.map((axis) => x.axes[axis])
  if (!names.length || names.some((name) => !name)) return words("flow.normalisation.groups")
  return words("flow.normalisation.rows", { axes: names.join(" × ") })
}

/** What a strip's line and band are. @param {Normalisation} found @param {Scene} scene @param {boolean} after */
function markName({ way, mean, variance, hides }, { words }, after) {
  if (way === "unit") return words("flow.normalisation.length")
  if (way === "rms") return words("flow.normalisation.rms")
  if (!after && mean && variance && !hides.includes(mean))
    return words("flow.normalisation.recorded", { mean: labelOf(mean), variance: labelOf(variance) })
  return words("flow.normalisation.moments")
}

/** What stands above the strips before or after, the longest first: never the same above both. @param {Normalisation} found @param {Scene} scene @param {boolean} after */
function titlesOf(found, scene, after) {
  const name = labelOf(after ? found.result : found.x)
  const [mark, other] = [after, !after].map((way) => markName(found, scene, way))
  return [`${name}: ${mark}`, ...(mark === other ? [] : [mark]), name]
}

/** @param {Paint} p @param {NormalisationClaim} claim @param {Scene} scene @param {{left: number, top: number, w: number, first: number, second: number, frame: Frame, ends: {low: number, high: number}[]}} at */
function drawHead(p, claim, scene, { left, top, w, first, second, frame, ends }) {
  const { found, operations } = claim
  const { k } = scene.plan
  const now = operations.some((operation) => scene.now(operation))
  const how = { colour: now ? p.c.ink : p.c.soft, weight: now ? 650 : 400 }
  const line = (/** @type {number} */ at) => top + (at + 0.5) * frame.line
  label(p, kindOf(claim, scene), left + w / 2, line(0), w, how)
  for (const operation of operations.slice(-1)) scene.hitOperation(operation, left, top, w, frame.line)
  const strips = [first, second]
  strips.forEach((x, at) => {
    const wide = frame.strip + (found.way === "batch" ? 0 : frame.between - 6 * k)
    label(p, titlesOf(found, scene, at > 0), x + frame.strip / 2, line(1), wide, { colour: p.c.ink })
    const [low, high] = [print(ends[at].low), print(ends[at].high)]
    p.text(low, x, line(2), { align: "left", size: p.note * 0.9, colour: p.c.faint })
    p.text(high, x + frame.strip, line(2), { align: "right", size: p.note * 0.9, colour: p.c.faint })
  })
  const own = ownWeights(found)
  own.forEach((value, at) => {
    const x = first + frame.strip + weightAt(at, own.length, frame, k)
    label(p, weightNames({ ...found, gamma: value }).gamma, x + (WEIGHT * k) / 2 - 2 * k, line(2), WEIGHT * k)
  })
}

/** Where the cell of a weight begins, from the end of the first strip on. @param {number} at @param {number} count @param {Frame} frame @param {number} k */
function weightAt(at, count, { between }, k) {
  return between / 2 + (at - count / 2) * WEIGHT * k
}

/** Gamma and beta of one group. @param {Paint} p @param {Normalisation} found @param {number} group @param {number} x @param {Frame} frame @param {{y: number, h: number}} box @param {Scene} scene */
function drawWeights(p, found, group, x, frame, { y, h }, scene) {
  const { k } = scene.plan
  const own = ownWeights(found)
  own.forEach((value, at) => {
    const left = x + weightAt(at, own.length, frame, k)
    const [wide, tall] = [(WEIGHT - 6) * k, Math.min(h, 26 * k)]
    const place = found.place(found.groups.cells(group)[0])
    const number = Number(value.cells?.[place])
    const above = y + (h - tall) / 2
    p.cell(left, above, wide, tall, number, { top: fullAt(value.cells ?? []) })
    p.round(left - 0.5, above - 0.5, wide, tall, 0, null, p.c.line, 1)
    if (scene.touched(value, place)) p.rim(left, above, wide, tall, scene.touched(value, place) === 2)
    scene.hit(value, place, left, above, wide, tall)
  })
}

/** @param {Paint} p @param {Normalisation} found @param {Moments} moments @param {number} x @param {number} y @param {number} room @param {boolean} seen */
function drawMoments(p, { way }, moments, x, y, room, seen) {
  if (seen) label(p, told(way, moments), x, y, room, { colour: p.c.ink, weight: 600 })
}

/** What a group is measured by, to two decimals of the measure. @param {Normalisation["way"]} way @param {Moments} moments */
export function told(way, { centre, measure }) {
  if (way === "unit" || way === "rms") return print(measure)
  const rounded = centre && Math.abs(centre) < 0.005 * Math.min(1, measure) ? "0.00" : print(centre)
  return `${rounded} ± ${print(measure)}`
}

/** Where a number lies on a strip, 0 to 1. @param {number} number @param {{low: number, high: number}} ends */
function partOf(number, { low, high }) {
  return (number - low) / (high - low)
}

/** @param {Paint} p @param {Strip} strip @param {Normalisation} found @param {Scene} scene */
function drawStrip(p, strip, { way }, scene) {
  const { x, y, w, h, ends, moments, seen } = strip
  const { k } = scene.plan
  p.round(x, y, w, h, 3, p.c.panel, p.c.line, 1)
  if (seen <= 0) return p.ghost(x, y, w, h)
  const inset = Math.min(5 * k, w / 10)
  const place = (/** @type {number} */ number) => x + inset + partOf(number, ends) * (w - 2 * inset)
  const { centre, measure } = moments
  if (way !== "unit" && Number.isFinite(centre + measure)) {
    const [from, to] = [centre - measure, centre + measure].map((one) => Math.max(x, Math.min(x + w, place(one))))
    p.rect(from, y + 1, to - from, h - 2, p.c.line)
  }
  if (ends.low < 0 && ends.high > 0) p.line(place(0), y + 1, place(0), y + h - 1, p.c.wire, 1, [2, 3])
  const radius = Math.min(4.5 * k, h / 5)
  if (strip.cells.length > MOST_DOTS) drawBars(p, strip, place)
  else drawDots(p, strip, place, radius, scene)
  if (Number.isFinite(centre)) p.line(place(centre), y, place(centre), y + h, p.c.ink, 1.6)
}

/** One bar for as many numbers as lie together, the same scale as the strip. @param {Paint} p @param {Strip} strip @param {(number: number) => number} place */
function drawBars(p, { value, cells, ends, y, h, seen }, place) {
  const counts = countsOf(
    cells.map((cell) => Number(value.cells?.[cell])),
    ends,
  )
  const most = Math.max(1, ...counts)
  const top = Math.max(Math.abs(ends.low), Math.abs(ends.high))
  counts.forEach((count, at) => {
    const [from, to] = [at, at + 1].map((one) => ends.low + (one / BARS) * (ends.high - ends.low))
    const tall = (count / most) * (h - 4) * ease(seen)
    const [left, right] = [place(from), place(to)]
    const colour = p.signed((from + to) / 2, top)
    if (count) p.round(left, y + h - 1 - tall, Math.max(1, right - left - 0.5), tall, 0, colour, p.c.wire, 0.5)
  })
}

/** How many numbers lie in each of equal parts between two ends. @param {number[]} all @param {{low: number, high: number}} ends */
export function countsOf(all, ends) {
  const counts = Array(BARS).fill(0)
  for (const number of all)
    if (Number.isFinite(number)) counts[Math.max(0, Math.min(BARS - 1, Math.floor(partOf(number, ends) * BARS)))]++
  return counts
}

/** A dot for each number; those that lie together stand on each other. While it runs they come from where they were. @param {Paint} p @param {Strip} strip @param {(number: number) => number} place @param {number} radius @param {Scene} scene */
function drawDots(p, { value, cells, ends, x, y, w, h, seen, from }, place, radius, scene) {
  const top = Math.max(Math.abs(ends.low), Math.abs(ends.high))
  /** @type {Map<number, number>} */
  const piles = new Map()
  const share = ease(seen)
  for (const cell of cells) {
    const number = Number(value.cells?.[cell])
    if (!Number.isFinite(number)) continue
    const start = from ? Number(from.value.cells?.[cell]) : number
    const before = from && Number.isFinite(start) ? x + partOf(start, from.ends) * w : place(number)
    const at = before + (place(number) - before) * share
    const pile = Math.floor(place(number) / (2 * radius))
    const level = piles.get(pile) ?? 0
    piles.set(pile, level + 1)
    const middle = Math.max(y + radius, y + h - radius - 1 - level * Math.min(2 * radius, h / 5))
    p.round(at - radius, middle - radius, 2 * radius, 2 * radius, radius, p.signed(number, top), p.c.soft, 1)
    const touched = scene.touched(value, cell)
    if (touched) p.rim(at - radius, middle - radius, 2 * radius, 2 * radius, touched === 2)
    scene.hit(value, cell, at - radius, middle - radius, 2 * radius, 2 * radius)
  }
}

/** @type {Figure<NormalisationClaim>} */
const figure = {
  name: "normalisation",
  rank: 40,
  wires: true,
  claims: (graph, { fold }) =>
    normalisationsOf(graph).map((found) => {
      const { operations, hides, x, result } = found
      return { operations, takes: [x], gives: [result], hides, draws: [], found, fold }
    }),
  size,
  draw,
  text: ({ claim }, scene) => {
    const { found } = claim
    const { words } = scene
    const { before, after } = numbersOf(found, scene)
    const { groups } = rowsOf(claim, scene.state, TOLD)
    const rows = groups.map((group) =>
      words("flow.normalisation.says.group", {
        name: nameOf(claim, group),
        before: told(found.way, before[group]),
        after: told(found.way, after[group]),
      }),
    )
    const marks = { kind: kindOf(claim, scene), mark: markName(found, scene, false), rows: rows.join(" ") }
    return [words("flow.normalisation.says", marks), ...laterWords(found, scene)].join(" ")
  },
}

export default figure
