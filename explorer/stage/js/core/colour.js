// Values -> colours. Blue is positive, orange is negative; never red against green. Nothing here draws.

/** @typedef {[number, number, number]} Rgb */

/**
 * Stops of each scale, evenly spaced from its low end to its high end.
 * @type {Record<"light"|"dark", Record<string, Rgb[]>>}
 */
// biome-ignore format: a scale a line
const STOPS = {
  light: {
    signed: [[150, 66, 4], [208, 108, 26], [236, 158, 86], [245, 205, 163], [241, 236, 235], [178, 208, 230], [108, 168, 213], [46, 120, 185], [16, 74, 140]],
    probability: [[243, 244, 241], [196, 226, 218], [128, 196, 186], [58, 152, 148], [12, 104, 108], [3, 62, 70]],
    image: [[12, 12, 14], [248, 248, 246]],
  },
  dark: {
    signed: [[255, 180, 104], [236, 144, 64], [196, 108, 40], [118, 72, 42], [43, 46, 54], [38, 82, 122], [44, 124, 190], [78, 162, 232], [140, 200, 252]],
    probability: [[38, 43, 49], [26, 78, 82], [24, 118, 116], [50, 164, 154], [120, 212, 194], [206, 246, 232]],
    image: [[12, 12, 14], [248, 248, 246]],
  },
}

/**
 * Muted colours that readers with any colour vision tell apart; the first belongs to 0.
 * @type {Record<"light"|"dark", Rgb[]>}
 */
// biome-ignore format: a scale a line
const CATEGORIES = {
  light: [[226, 226, 226], [119, 170, 221], [238, 136, 102], [238, 221, 136], [153, 221, 255], [255, 170, 187], [187, 187, 90], [140, 140, 190], [214, 184, 150], [170, 200, 190]],
  dark: [[66, 70, 78], [74, 122, 178], [190, 98, 66], [186, 166, 78], [92, 160, 192], [190, 116, 136], [128, 128, 50], [112, 108, 170], [150, 120, 88], [110, 146, 136]],
}
/** @type {Record<"light"|"dark", Rgb[]>} */
// biome-ignore format: a scale a line
const BOOLEANS = { light: [[232, 232, 230], [62, 84, 122]], dark: [[58, 62, 70], [176, 196, 226]] }
const STEPS = 256 // even, so that zero has a colour of its own
/** @type {Rgb} */
const DARK_INK = [22, 24, 29]
/** @type {Rgb} */
const LIGHT_INK = [255, 255, 255]

/**
 * @typedef {object} Scale
 * @property {string} kind "signed", "probability", "image", "category" or "boolean"
 * @property {number} low @property {number} high the ends of a continuous scale
 * @property {Rgb[]} table its colours in order; of a category one for each remainder
 * @property {boolean} discrete
 * @property {Map<number, number>} [places] of a category: where the numbers that occur stand in the table
 */

/**
 * @param {string} kind @param {{low?: number, high?: number, dark?: boolean, values?: number[]}} [options] @returns {Scale}
 */
export function makeScale(kind, { low = 0, high = 1, dark = false, values = [] } = {}) {
  const theme = dark ? "dark" : "light"
  if (kind === "category") {
    const table = CATEGORIES[theme]
    return { kind, low, high, table, discrete: true, places: places(values, table.length) }
  }
  if (kind === "boolean") return { kind, low: 0, high: 1, table: BOOLEANS[theme], discrete: true }
  return { kind, low, high, table: spread(STOPS[theme][kind] ?? STOPS[theme].signed), discrete: false }
}

/**
 * A colour of its own for each of a few numbers: its remainder's, or the next one that is free.
 * @param {number[]} values @param {number} count
 */
function places(values, count) {
  /** @type {Map<number, number>} */
  const taken = new Map()
  for (const value of values) {
    let place = remainder(value, count)
    while (taken.size < count && [...taken.values()].includes(place)) place = (place + 1) % count
    taken.set(value, place)
  }
  return taken
}

/** @param {number} value @param {number} count */
function remainder(value, count) {
  return ((Math.trunc(value) % count) + count) % count
}

/** @param {Rgb[]} stops */
function spread(stops) {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const place = (step / STEPS) * (stops.length - 1)
    const before = Math.min(Math.floor(place), stops.length - 2)
    const [from, to] = [stops[before], stops[before + 1]]
    return rgb((channel) => Math.round(from[channel] + (to[channel] - from[channel]) * (place - before)))
  })
}

/**
 * The position in `scale.table`; -1 for what is not a number, which has no place on a scale.
 * @param {Scale} scale @param {number} value
 */
export function tableIndex(scale, value) {
  if (!Number.isFinite(value)) return -1
  const count = scale.table.length
  if (scale.kind === "boolean") return value ? 1 : 0
  if (scale.discrete) return scale.places?.get(value) ?? remainder(value, count)
  const span = scale.high - scale.low
  const part = span > 0 ? (value - scale.low) / span : scale.kind === "signed" ? 0.5 : 0
  const middle = (count - 1) / 2 // zero must be the exact middle, whichever side rounding prefers
  if (scale.kind === "signed" && value === 0) return Math.round(middle)
  return Math.round(Math.max(0, Math.min(part, 1)) * (count - 1))
}

/** @param {Scale} scale @param {number} value @returns {Rgb|null} null for what is not a number */
export function colourOf(scale, value) {
  const index = tableIndex(scale, value)
  return index < 0 ? null : scale.table[index]
}

/** -1 below the scale, 1 above it, 0 on it. @param {Scale} scale @param {number} value */
export function clipped(scale, value) {
  if (scale.discrete || !Number.isFinite(value)) return 0
  const slack = (scale.high - scale.low) * 1e-6
  return value > scale.high + slack ? 1 : value < scale.low - slack ? -1 : 0
}

/** What stands in a cell instead of a colour: "NaN", "+∞", "−∞"; "" for a number. @param {number} value */
export function glyphOf(value) {
  return Number.isNaN(value) ? "NaN" : value === Infinity ? "+∞" : value === -Infinity ? "−∞" : ""
}

/** Relative luminance, 0 to 1. @param {Rgb} colour */
export function luminance(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** How well two colours stand apart, 1 to 21. @param {Rgb} one @param {Rgb} other */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

/** The ink that reads best on a colour. @param {Rgb} colour @returns {Rgb} */
export function inkOn(colour) {
  return contrast(colour, DARK_INK) >= contrast(colour, LIGHT_INK) ? DARK_INK : LIGHT_INK
}

/** A colour, channel by channel. @param {(channel: 0|1|2) => number} part @returns {Rgb} */
export function rgb(part) {
  return [part(0), part(1), part(2)]
}

/** @param {Rgb} colour */
export function css([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`
}

/** The colours of a continuous scale as a CSS gradient. @param {Scale} scale */
export function gradient({ table }) {
  const parts = Array.from({ length: 17 }, (_, step) => css(table[Math.round((step / 16) * (table.length - 1))]))
  return `linear-gradient(to right, ${parts.join(", ")})`
}

/** The three numbers of "rgb(1, 2, 3)" or "#102030". @param {string} text @returns {Rgb|null} */
export function parseColour(text) {
  const hex = /^#([0-9a-f]{6})/i.exec(text.trim())
  if (hex) return rgb((channel) => parseInt(hex[1].slice(2 * channel, 2 * channel + 2), 16))
  const numbers = text.match(/[\d.]+/g)
  return numbers && numbers.length >= 3 ? rgb((channel) => Number(numbers[channel])) : null
}
