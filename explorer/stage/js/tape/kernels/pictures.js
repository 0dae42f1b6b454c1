// Pictures: resized, turned, and in other colours. All are [batch, height, width, channels]. Nothing here draws.

/**
 * @import { Attributes, Kernel, Kernels } from "./kernel.js"
 *
 * @typedef {object} Source where a line of a resized picture comes from
 * @property {number} low a line of the picture @property {number} high the next one @property {number} part how much of that
 */

const { abs, ceil, floor, fround, max, min, round, sign, trunc } = Math

/** How many lines of the picture one line of the result is. @param {number} size @param {number} from @param {Attributes} attributes */
function scaleOf(size, from, { align_corners: aligned }) {
  return fround(aligned && size > 1 ? (from - 1) / (size - 1) : from / size)
}

/** @param {number} size @param {number} from @param {Attributes} attributes @returns {Source[]} */
function sourcesOf(size, from, attributes) {
  const scale = scaleOf(size, from, attributes)
  return Array.from({ length: size }, (_, at) => {
    const place = attributes.half_pixel_centers ? fround(fround((at + 0.5) * scale) - 0.5) : fround(at * scale)
    return { low: max(floor(place), 0), high: min(ceil(place), from - 1), part: place - floor(place) }
  })
}

/** @type {Kernel} */
function resizeBilinear({ inputs: [x], outputs: [y], attributes }) {
  const [batch, height, width, channels] = y.shape
  const [, rows, columns] = x.shape
  const [down, across] = [sourcesOf(height, rows, attributes), sourcesOf(width, columns, attributes)]
  /** @param {(to: number, corners: [a: number, b: number, c: number, d: number], v: number, h: number) => void} visit */
  const each = (visit) => {
    let to = 0
    for (let b = 0; b < batch; b++) {
      for (const v of down) {
        const [top, bottom] = [(b * rows + v.low) * columns, (b * rows + v.high) * columns]
        for (const h of across) {
          for (let c = 0; c < channels; c++) {
            const place = (/** @type {number} */ line, /** @type {number} */ at) => (line + at) * channels + c
            visit(
              to++,
              [place(top, h.low), place(top, h.high), place(bottom, h.low), place(bottom, h.high)],
              v.part,
              h.part,
            )
          }
        }
      }
    }
  }
  return {
    run: () =>
      each((to, [a, b, c, d], v, h) => {
        const top = x.data[a] + (x.data[b] - x.data[a]) * h
        const bottom = x.data[c] + (x.data[d] - x.data[c]) * h
        y.data[to] = top + (bottom - top) * v
      }),
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      each((to, [a, b, c, d], v, h) => {
        into[a] += g[to] * (1 - v) * (1 - h)
        into[b] += g[to] * (1 - v) * h
        into[c] += g[to] * v * (1 - h)
        into[d] += g[to] * v * h
      })
    },
  }
}

/** @type {Kernel} */
function resizeNearest({ inputs: [x], outputs: [y], attributes }) {
  const [batch, height, width, channels] = y.shape
  const [, rows, columns] = x.shape
  const { align_corners: aligned, half_pixel_centers: centred } = attributes
  /** @param {number} size @param {number} from */
  const places = (size, from) => {
    const scale = scaleOf(size, from, attributes)
    return Array.from({ length: size }, (_, at) => {
      const place = fround((centred ? at + 0.5 : at) * scale)
      return max(0, min(aligned ? round(place) : floor(place), from - 1))
    })
  }
  const [down, across] = [places(height, rows), places(width, columns)]
  const map = new Int32Array(y.data.length)
  let filled = 0
  for (let b = 0; b < batch; b++) {
    for (const row of down) {
      for (const column of across) {
        const start = ((b * rows + row) * columns + column) * channels
        for (let c = 0; c < channels; c++) map[filled++] = start + c
      }
    }
  }
  return {
    run: () => {
      for (let at = 0; at < map.length; at++) y.data[at] = x.data[map[at]]
    },
    back: ([g], want) => {
      const into = want(0)
      if (into) for (let at = 0; at < map.length; at++) into[map[at]] += g[at]
    },
  }
}

/** A place outside a picture, by how its border goes on. @type {Record<string, (at: number, size: number) => number>} */
const BORDERS = {
  CONSTANT: (at) => at,
  NEAREST: (at, size) => max(0, min(at, size - 1)),
  REFLECT: (at, size) => {
    const period = 2 * size
    let inside = at
    if (at >= 0) inside -= period * trunc(at / period)
    else if (at < -period) inside += period * trunc(-at / period)
    if (at < 0) inside = inside < -size ? inside + period : -inside - 1
    else if (inside >= size) inside = period - inside - 1
    return max(0, min(size - 1, inside))
  },
  WRAP: (at, size) => {
    if (size <= 1) return 0
    const turns = at < 0 ? trunc(-at / (size - 1)) + 1 : -trunc(at / (size - 1))
    return max(0, min(size - 1, at + size * turns))
  },
}

/** A picture seen from elsewhere: each pixel comes from where a transform sends it. @type {Kernel} */
function project({
  inputs: [x, transforms, , fill],
  outputs: [y],
  attributes: { fill_mode: mode = "", interpolation },
}) {
  const [batch, height, width, channels] = y.shape
  const [, rows, columns] = x.shape
  const border = BORDERS[mode]
  if (!border) throw new Error(`no border of this kind: ${mode}`)
  /** @typedef {(cell: number, share: number) => void} Mix the cell of the picture, -1 for the filling; and how much of it */
  /** @param {number} b @param {number} row @param {number} column */
  const pixel = (b, row, column) =>
    row >= 0 && row < rows && column >= 0 && column < columns ? ((b * rows + row) * columns + column) * channels : -1
  /** Where the pixel for a place of the result stands, [down, across]; null if nowhere. @param {number} b @param {number} v @param {number} h */
  const sent = (b, v, h) => {
    const [t, at] = [transforms.data, transforms.shape[0] === 1 ? 0 : 8 * b]
    const depth = fround(fround(t[at + 6] * h + t[at + 7] * v) + 1)
    if (depth === 0) return null
    const across = border(fround(fround(t[at] * h + t[at + 1] * v + t[at + 2]) / depth), columns)
    return [border(fround(fround(t[at + 3] * h + t[at + 4] * v + t[at + 5]) / depth), rows), across]
  }
  const nearest = interpolation === "NEAREST"
  return {
    run: () => {
      let to = 0
      for (let b = 0; b < batch; b++) {
        for (let v = 0; v < height; v++) {
          for (let h = 0; h < width; h++) {
            const place = sent(b, v, h)
            for (let c = 0; c < channels; c++) y.data[to++] = place ? mixed(b, place[0], place[1], c) : fill.data[0]
          }
        }
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < g.length; at++) {
        if (!g[at]) continue
        const [cell, c] = [Math.floor(at / channels), at % channels]
        const b = Math.floor(cell / (height * width))
        const place = sent(b, Math.floor(cell / width) % height, cell % width)
        if (place) spreadOver(into, g[at], b, place[0], place[1], c)
      }
    },
  }

  /** @param {number} b @param {number} row @param {number} column @param {number} c */
  function read(b, row, column, c) {
    const cell = pixel(b, row, column)
    return cell < 0 ? fill.data[0] : x.data[cell + c]
  }

  /** @param {number} b @param {number} v @param {number} h @param {number} c */
  function mixed(b, v, h, c) {
    if (nearest) return read(b, roundAway(v), roundAway(h), c)
    const [top, left] = [floor(v), floor(h)]
    const line = (/** @type {number} */ row) =>
      (left + 1 - h) * read(b, row, left, c) + (h - left) * read(b, row, left + 1, c)
    return (top + 1 - v) * line(top) + (v - top) * line(top + 1)
  }

  /** @param {Float64Array} into @param {number} g @param {number} b @param {number} v @param {number} h @param {number} c */
  function spreadOver(into, g, b, v, h, c) {
    const add = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ share) => {
      const cell = pixel(b, row, column)
      if (cell >= 0) into[cell + c] += g * share
    }
    if (nearest) return add(roundAway(v), roundAway(h), 1)
    const [top, left] = [floor(v), floor(h)]
    add(top, left, (top + 1 - v) * (left + 1 - h))
    add(top, left + 1, (top + 1 - v) * (h - left))
    add(top + 1, left, (v - top) * (left + 1 - h))
    add(top + 1, left + 1, (v - top) * (h - left))
  }
}

/** Halves away from zero. @param {number} x */
function roundAway(x) {
  return sign(x) * round(abs(x))
}

/**
 * Three numbers that stand side by side become three others.
 * @typedef {[number, number, number]} Colour
 * @param {(...colour: Colour) => Colour} convert @returns {Kernel}
 */
function colours(convert) {
  return ({ inputs: [x], outputs: [y] }) => ({
    run: () => {
      for (let at = 0; at < x.data.length; at += 3) {
        const [first, second, third] = convert(x.data[at], x.data[at + 1], x.data[at + 2])
        y.data[at] = first
        y.data[at + 1] = second
        y.data[at + 2] = third
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let at = 0; at < g.length; at += 3) {
        if (!g[at] && !g[at + 1] && !g[at + 2]) continue
        for (let own = 0; own < 3; own++) {
          const slopes = colourSlopes(convert, [x.data[at], x.data[at + 1], x.data[at + 2]], own)
          slopes.forEach((slope, made) => {
            if (g[at + made]) into[at + own] += g[at + made] * slope
          })
        }
      }
    },
  })
}

const COLOUR_STEP = 1e-6

/** By small steps in double precision: a colour's formula changes from sixth to sixth. @param {(...colour: Colour) => Colour} convert @param {Colour} colour @param {number} own */
function colourSlopes(convert, colour, own) {
  const [up, down] = [COLOUR_STEP, -COLOUR_STEP].map((step) => {
    const moved = /** @type {Colour} */ ([...colour])
    moved[own] += step
    return convert(...moved)
  })
  return up.map((number, at) => (number - down[at]) / (2 * COLOUR_STEP))
}

/** @type {(...colour: Colour) => Colour} */
function hsvOfRgb(red, green, blue) {
  const value = max(red, green, blue)
  const range = value - min(red, green, blue)
  const saturation = value > 0 ? range / value : 0
  if (!(range > 0)) return [0, saturation, value]
  const norm = 1 / (6 * range)
  let hue = norm * (red - green) + 4 / 6
  if (red === value) hue = norm * (green - blue)
  else if (green === value) hue = norm * (blue - red) + 2 / 6
  return [hue < 0 ? hue + 1 : hue, saturation, value]
}

/** @type {(...colour: Colour) => Colour} */
function rgbOfHsv(hue, saturation, value) {
  const shade = (/** @type {number} */ x) => (1 - saturation + saturation * max(0, min(1, x))) * value
  return [shade(abs(hue * 6 - 3) - 1), shade(2 - abs(hue * 6 - 2)), shade(2 - abs(hue * 6 - 4))]
}

/** @type {Kernels} */
export const PICTURES = [
  ["ResizeBilinear", resizeBilinear],
  ["ResizeNearestNeighbor", resizeNearest],
  ["ImageProjectiveTransformV3", project],
  ["RGBToHSV", colours(hsvOfRgb)],
  ["HSVToRGB", colours(rgbOfHsv)],
]
