// Draws on one canvas in the reader's theme: cells, numbers, bars, ribbons, outlines. Figures draw with nothing else.

import { contrast, css, parseColour, rgb } from "../core/colour.js"
import { kept, penOf } from "../core/dom.js"
import { topOf } from "./kinds.js"

/** @import { Rgb } from "../core/colour.js" @import { Theme } from "../core/theme.js" */

/** The colours of the stage. Every picture of a value takes its colours from here. */
const COLOURS = {
  light: {
    panel: "#f6f7f9", raised: "#ffffff", soft: "#566072", faint: "#6c7686", line: "#dde1e8", wire: "#aab2c0",
    zero: "#f4f4f2", pos: "#1c5fb0", "pos-mid": "#8fb8e4", neg: "#b4560a", "neg-mid": "#f0b27a",
    share0: "#e9f3ef", share1: "#6cbf9f", share2: "#0a6b50", accent: "#7a3bd6",
  },
  dark: {
    panel: "#181d26", raised: "#1d232e", soft: "#aab3c2", faint: "#7c8798", line: "#2b3340", wire: "#566173",
    zero: "#252b36", pos: "#6db1ff", "pos-mid": "#33649f", neg: "#ffa24f", "neg-mid": "#95562a",
    share0: "#1d2f2e", share1: "#2a9a7c", share2: "#7df0c8", accent: "#c49bff",
  },
} // biome-ignore format: several a line
/** Cells of few different numbers are drawn paler: a wall of sixes must not shout. */
const PALE = 1.7
/** Numbers shrink to this part of their size before they lose a decimal; beyond that only the shortest ones shrink. */
const SHRINK = 0.8
/** The smallest numbers in pixels: an audience reads from afar. */
const LEAST = { page: 9, present: 19 }
/** Pixels of a cell that its number leaves free. */
const MARGIN = 6
/** From so many pixels on a cell is set apart from its neighbours. */
export const LINED = 6
/** Of smaller cells a rim stays off the numbers beside it. */
const RIMMED = 44
/** The weight of a number in a cell. */
const NUMBER_WEIGHT = 500
/** The largest number of a grid is at least so large where it is written with no decimals, with one, with two. */
const LEAST_TOP = [4.5, 0.1, 0.005]
/** Fewer than two decimals are enough where at most this part of a grid's numbers would look like zero. */
const NEARLY_ZERO = 1 / 8
/** So many numbers of a grid tell how small its numbers are. */
const PROBES = 1024
/** The height of a number, as a part of its cell's. */
export const NUMBER_SIZE = 0.66
/** Numbers below it are written as powers of ten. */
const SMALLEST = 1e-4
/** In place of a count of decimals: as a power of ten; two, without the zero before the point. */
const POWERS = 9
const BARE = 8
const BLACK = rgb(() => 0)
const WHITE = rgb(() => 255)

/** Of a frame around what changed. */
const CHANGED = "#ffc60a"

/** @typedef {keyof typeof COLOURS.light|"paper"|"ink"} ColourName */
/** @typedef {"signed"|"share"|"grey"|"boolean"} CellScale */

/** Slow at the end. @param {number} t 0 to 1 */
export function ease(t) {
  return t <= 0 ? 0 : t >= 1 ? 1 : 1 - (1 - t) ** 3
}

/** A number as a power of ten, with a real minus sign. @param {number} value */
function power(value) {
  return value.toExponential(0).replaceAll("-", "−").replace("e+", "e")
}

/**
 * A number with so many decimals, whole ones with none, small ones with as many as they need; with a real minus sign.
 * @param {number} value @param {number} [decimals]
 */
export function print(value, decimals = 2) {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞"
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−")
  const size = Math.abs(value)
  if (size >= 1e5 || size < SMALLEST) return power(value)
  const needed = size < 0.5 * 10 ** -decimals ? -Math.floor(Math.log10(size)) : decimals
  return value.toFixed(needed).replace("-", "−")
}

/**
 * A number of a grid: all of a grid have as many decimals, and none is written as a power of ten beside others that are
 * not, unless it is that large. Only zero itself looks like zero.
 * @param {number} value @param {number} digits of `decimals` @returns {string}
 */
export function printCell(value, digits) {
  if (digits === POWERS) return Number.isFinite(value) && value ? power(value) : print(value)
  if (digits === BARE) return printCell(value, 2).replace(/^(−?)0\./, "$1.")
  return value && Math.abs(value) < halfOf(digits) ? "≈0" : print(value, digits)
}

/** What is smaller looks like zero. @param {number} digits */
function halfOf(digits) {
  return 0.5 * 10 ** -digits
}

/** The forms of a grid's numbers, with zeros for digits, by its cells and the decimals. @type {WeakMap<ArrayLike<number>, Map<number, string[]>>} */
const forms = new WeakMap()

/** How a grid's numbers look: what is as wide as one of them, each once. @param {ArrayLike<number>} cells @param {number} digits */
function formsOf(cells, digits) {
  const known = kept(forms, cells, () => /** @type {Map<number, string[]>} */ (new Map()))
  return kept(known, digits, () => [
    ...new Set(Array.from(cells, (value) => printCell(value, digits).replace(/\d/g, "0"))),
  ])
}

/** @type {WeakMap<ArrayLike<number>, number>} */
const lows = new WeakMap()

/** All but few of a grid's numbers that are not zero are at least so large. @param {ArrayLike<number>} cells */
export function lowOf(cells) {
  return kept(lows, cells, () => {
    const step = Math.ceil(cells.length / PROBES)
    const sizes = []
    for (let at = 0; at < cells.length; at += step) if (cells[at]) sizes.push(Math.abs(cells[at]))
    sizes.sort((one, other) => one - other)
    return sizes[Math.floor(sizes.length * NEARLY_ZERO)] ?? Infinity
  })
}

/** @type {WeakMap<ArrayLike<number>, number>} */
const tops = new WeakMap()

/** The largest absolute value at which a colour is full; it stays when numbers change where they stand. @param {ArrayLike<number>} cells */
export function fullAt(cells) {
  return kept(tops, cells, () => {
    const top = topOf(cells)
    const few = cells.length > 2 && new Set(Array.from(cells).slice(0, 4096)).size <= 2
    return (few ? PALE * top : top) || 1
  })
}

/** Pictures of a tensor, by its cells and by what each is of. @type {WeakMap<ArrayLike<number>, Map<string, OffscreenCanvas>>} */
const sheets = new WeakMap()
/** So many pictures of one tensor are kept. */
const MOST_SHEETS = 64
/** So many colours a scale is mixed of: an odd number, so that one of them is that of zero. */
const LEVELS = 2049

/** The numbers of a tensor changed where they stand: how many digits fit is another question, and pictures are others. @param {ArrayLike<number>} cells */
export function renumbered(cells) {
  forms.delete(cells)
  lows.delete(cells)
  sheets.delete(cells)
}

export class Paint {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas
    this.ctx = penOf(canvas)
    /** @type {Record<ColourName, string>} */
    this.c = /** @type {any} */ ({})
    /** @type {Record<ColourName, Rgb>} */
    this.rgb = /** @type {any} */ ({})
    this.dark = false
    this.sans = "sans-serif"
    this.mono = "monospace"
    this.num = this.note = 13
    this.least = LEAST.page
    this.name = 15
    this.opSize = 17
  }

  /** Take over the reader's theme. @param {Theme} theme @param {boolean} present whether an audience reads from afar */
  read(theme, present) {
    const colours = { ...COLOURS[theme.dark ? "dark" : "light"], paper: theme.paper, ink: theme.ink }
    this.c = colours
    for (const name of /** @type {ColourName[]} */ (Object.keys(colours)))
      this.rgb[name] = parseColour(colours[name]) ?? BLACK
    this.dark = theme.dark
    this.sans = theme.words
    this.mono = theme.numbers
    const [num, note, name, opSize] = present ? [21, 20, 24, 27] : [13, 13, 15, 17]
    Object.assign(this, { num, note, name, opSize, least: present ? LEAST.present : LEAST.page })
  }

  /** Set the size in pixels of the page, and forget what was drawn. @param {number} width @param {number} height */
  clear(width, height) {
    const { canvas, ctx } = this
    const ratio = globalThis.devicePixelRatio ?? 1
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h })
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.textRendering = "geometricPrecision" // letters stand between pixels too: as wide as they are measured
    ctx.clearRect(0, 0, width, height)
  }

  /** A frame inside of a cell that changed. @param {number} x @param {number} y @param {number} size @param {number} strength 0 to 1 */
  frame(x, y, size, strength) {
    this.ctx.globalAlpha = strength
    const width = Math.min(3, size / 4)
    this.round(x + width / 2, y + width / 2, size - width - 1, size - width - 1, 2, null, CHANGED, width)
    this.ctx.globalAlpha = 1
  }

  /** A mark in the corner of a cell that was set by hand. @param {number} x @param {number} y @param {number} size */
  corner(x, y, size) {
    const { ctx } = this
    const length = Math.max(3, Math.min(9, size / 3))
    ctx.beginPath()
    ctx.moveTo(x + size - 1 - length, y)
    ctx.lineTo(x + size - 1, y)
    ctx.lineTo(x + size - 1, y + length)
    ctx.closePath()
    ctx.fillStyle = this.c.ink
    ctx.fill()
  }

  /** Blue above zero, orange below, near the paper at zero. @param {number} value @param {number} top @returns {Rgb} */
  signed(value, top) {
    if (!top || Number.isNaN(value)) return this.rgb.zero
    const part = Math.min(1, Math.abs(value) / top)
    const [middle, end] = value >= 0 ? [this.rgb["pos-mid"], this.rgb.pos] : [this.rgb["neg-mid"], this.rgb.neg]
    return part < 0.5 ? mix(this.rgb.zero, middle, part * 2) : mix(middle, end, part * 2 - 1)
  }

  /** A share of one. @param {number} value @returns {Rgb} */
  share(value) {
    const part = Math.min(1, Math.max(0, Number.isNaN(value) ? 0 : value))
    return part < 0.4
      ? mix(this.rgb.share0, this.rgb.share1, part / 0.4)
      : mix(this.rgb.share1, this.rgb.share2, (part - 0.4) / 0.6)
  }

  /** @param {number} value @param {CellScale} scale @param {number} top @returns {Rgb} */
  colour(value, scale, top) {
    if (scale === "share") return this.share(value)
    if (scale === "boolean") return value ? mix(this.rgb.zero, this.rgb.ink, 0.7) : this.rgb.zero
    if (scale === "grey") return rgb(() => Math.max(0, Math.min(255, (value / (top || 1)) * 255)))
    return this.signed(value, top)
  }

  /**
   * The colours of many numbers: each the nearest of `LEVELS`, which are mixed once.
   * @param {CellScale} scale @param {number} top @returns {(value: number) => Rgb}
   */
  tints(scale, top) {
    const high = scale === "share" ? 1 : top
    const low = scale === "signed" ? -high : 0
    if (scale === "boolean" || !high) return (value) => this.colour(value, scale, top)
    /** @type {Rgb[]} */
    const mixed = []
    return (value) => {
      const level = Math.round(Math.max(0, Math.min(1, (value - low) / (high - low))) * (LEVELS - 1))
      if (Number.isNaN(level)) return this.colour(value, scale, top)
      mixed[level] ??= this.colour(low + ((high - low) * level) / (LEVELS - 1), scale, top)
      return mixed[level]
    }
  }

  /** The ink that reads best on a colour. @param {Rgb} colour */
  on(colour) {
    return contrast(colour, BLACK) >= contrast(colour, WHITE) ? "#000000" : "#ffffff"
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} h @param {string|Rgb} fill */
  rect(x, y, w, h, fill) {
    this.ctx.fillStyle = typeof fill === "string" ? fill : cssOf(fill)
    this.ctx.fillRect(x, y, w, h)
  }

  /**
   * @param {number} x @param {number} y @param {number} w @param {number} h @param {number|number[]} radius
   * @param {string|Rgb|null} fill @param {string|null} [stroke] @param {number} [width]
   */
  round(x, y, w, h, radius, fill, stroke = null, width = 1) {
    const { ctx } = this
    ctx.beginPath()
    ctx.roundRect(x, y, Math.max(0, w), Math.max(0, h), radius)
    if (fill) {
      ctx.fillStyle = typeof fill === "string" ? fill : cssOf(fill)
      ctx.fill()
    }
    if (stroke) Object.assign(ctx, { strokeStyle: stroke, lineWidth: width }).stroke()
  }

  /**
   * @param {string} text @param {number} x @param {number} y its middle
   * @param {{size?: number, align?: CanvasTextAlign, colour?: string, weight?: number, mono?: boolean, alpha?: number}} [how]
   * @returns {number} its width
   */
  text(
    text,
    x,
    y,
    { size = this.num, align = "center", colour = this.c.ink, weight = 400, mono = false, alpha = 1 } = {},
  ) {
    const { ctx } = this
    ctx.font = `${weight} ${size}px ${mono ? this.mono : this.sans}`
    Object.assign(ctx, { textAlign: align, textBaseline: "middle", fillStyle: colour, globalAlpha: alpha })
    ctx.fillText(text, x, y + 0.5)
    ctx.globalAlpha = 1
    return ctx.measureText(text).width
  }

  /** @param {string} text @param {number} size @param {"sans"|"mono"} [face] @param {number} [weight] */
  measure(text, size, face = "sans", weight = face === "mono" ? 600 : 400) {
    this.ctx.font = `${weight} ${size}px ${face === "mono" ? this.mono : this.sans}`
    return this.ctx.measureText(text).width
  }

  /** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string} colour @param {number} [width] @param {number[]} [dash] */
  line(x0, y0, x1, y1, colour, width = 1, dash = []) {
    const { ctx } = this
    ctx.setLineDash(dash)
    ctx.beginPath()
    ctx.moveTo(x0, y0)
    ctx.lineTo(x1, y1)
    Object.assign(ctx, { strokeStyle: colour, lineWidth: width }).stroke()
    ctx.setLineDash([])
  }

  /** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string|Rgb} colour @param {number} width @param {number} [alpha] */
  curve(x0, y0, x1, y1, colour, width, alpha = 1) {
    const { ctx } = this
    const middle = (x0 + x1) / 2
    ctx.globalAlpha = alpha
    ctx.beginPath()
    ctx.moveTo(x0, y0)
    ctx.bezierCurveTo(middle, y0, middle, y1, x1, y1)
    Object.assign(ctx, { strokeStyle: typeof colour === "string" ? colour : cssOf(colour), lineWidth: width }).stroke()
    ctx.globalAlpha = 1
  }

  /**
   * A band from one height to another. `until`: how far it has come, 0 to 1.
   * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 its middle at both ends
   * @param {number} h0 @param {number} h1 @param {Rgb} colour @param {number} [alpha] @param {number} [until]
   */
  ribbon(x0, y0, x1, y1, h0, h1, colour, alpha = 1, until = 1) {
    if (until <= 0 || x1 <= x0) return
    const { ctx } = this
    const middle = (x0 + x1) / 2
    ctx.save()
    if (until < 1) {
      ctx.beginPath()
      ctx.rect(x0, -1e4, (x1 - x0) * until, 2e4)
      ctx.clip()
    }
    ctx.globalAlpha = alpha
    ctx.fillStyle = cssOf(colour)
    ctx.beginPath()
    ctx.moveTo(x0, y0 - h0 / 2)
    ctx.bezierCurveTo(middle, y0 - h0 / 2, middle, y1 - h1 / 2, x1, y1 - h1 / 2)
    ctx.lineTo(x1, y1 + h1 / 2)
    ctx.bezierCurveTo(middle, y1 + h1 / 2, middle, y0 + h0 / 2, x0, y0 + h0 / 2)
    ctx.fill()
    ctx.restore()
  }

  /**
   * One cell, with its number where there is room.
   * @param {number} x @param {number} y @param {number} w @param {number} h @param {number} value
   * @param {{top?: number, scale?: CellScale, alpha?: number, numbers?: boolean, digits?: number, size?: number,
   *   hatch?: boolean, colour?: Rgb}} [how] colour: in place of the number's own
   */
  cell(
    x,
    y,
    w,
    h,
    value,
    { top = 1, scale = "signed", alpha = 1, numbers = true, digits, size, hatch = false, colour } = {},
  ) {
    const { ctx } = this
    const fill = colour ?? this.colour(value, scale, top)
    ctx.globalAlpha = alpha
    this.rect(x, y, Math.max(0.5, w - (w >= LINED ? 1 : 0)), Math.max(0.5, h - (h >= LINED ? 1 : 0)), fill)
    if (hatch) this.hatch(x, y, Math.min(w, h) - 1, cssOf(mix(fill, parseColour(this.on(fill)) ?? BLACK, 0.35)))
    if (Number.isNaN(value)) this.missing(x, y, w, h)
    ctx.globalAlpha = 1
    if (!numbers) return
    const wanted = size ?? Math.min(this.num, h * 0.72)
    const fitting = digits === undefined ? this.decimals([value], w, wanted) : { digits, size: wanted }
    if (fitting.digits < 0) return
    const text = scale === "boolean" ? (value ? "1" : "0") : printCell(value, fitting.digits)
    if (hatch) {
      const [wide, tall] = [this.measure(text, fitting.size, "sans", NUMBER_WEIGHT) + 2, fitting.size * 0.9]
      ctx.globalAlpha = alpha
      this.rect(x + (w - 1 - wide) / 2, y + (h - 1 - tall) / 2, wide, tall, fill)
      ctx.globalAlpha = 1
    }
    this.number(text, x + (w - 1) / 2, y + (h - 1) / 2, { size: fitting.size, colour: this.on(fill), alpha })
  }

  /** A number as cells have them. @param {string} text @param {number} x @param {number} y @param {{size: number, colour?: string, alpha?: number}} how */
  number(text, x, y, how) {
    this.text(text, x, y, { ...how, weight: NUMBER_WEIGHT })
  }

  /** Slanted lines over a cell. @param {number} x @param {number} y @param {number} side @param {string} colour */
  hatch(x, y, side, colour) {
    const step = Math.max(3, side / 4)
    for (let at = step; at < 2 * side; at += step) {
      const over = Math.max(0, at - side)
      this.line(x + over, y + at - over, x + at - over, y + over, colour, 1)
    }
  }

  /** What is not a number. @param {number} x @param {number} y @param {number} w @param {number} h of its cell */
  missing(x, y, w, h) {
    this.line(x + 2, y + h - 3, x + w - 3, y + 2, this.c.neg, 1.5)
  }

  /**
   * With how many decimals, and how large, all numbers of a grid fit into cells of a width; digits -1: they do not.
   * @param {ArrayLike<number>} cells @param {number} width @param {number} [size]
   * @param {{top?: number, low?: number}} [of] the largest of them, what `lowOf` gives
   */
  decimals(cells, width, size = this.num, { top = topOf(cells), low = lowOf(cells) } = {}) {
    const { least } = this
    const room = width - MARGIN
    const none = { digits: -1, size }
    const wide = (/** @type {string} */ text) => this.measure(text, size, "sans", NUMBER_WEIGHT)
    if (size < least || room < (wide("0") * least) / size) return none
    const ways = waysFor(top, low)
    for (const digits of ways) {
      const widest = Math.max(1, ...formsOf(cells, digits).map(wide))
      const shrunk = size * Math.min(1, room / widest)
      const last = digits === ways[ways.length - 1]
      if (shrunk >= least && (last || shrunk >= SHRINK * size)) return { digits, size: shrunk }
    }
    return none
  }

  /** Lines between the cells of a picture. @param {number} x @param {number} y @param {number} cell @param {number} rows @param {number} columns */
  grid(x, y, cell, rows, columns) {
    for (let row = 1; row <= rows; row++) this.rect(x, y + row * cell - 1, columns * cell, 1, this.c.paper)
    for (let column = 1; column <= columns; column++) this.rect(x + column * cell - 1, y, 1, rows * cell, this.c.paper)
  }

  /**
   * A picture whose cells are too small for lines between them.
   * @param {number} x @param {number} y @param {number} w @param {number} h @param {number} rows @param {number} columns
   * @param {(row: number, column: number) => Rgb|null} colour null: nothing there yet
   * @param {ArrayLike<number>|null} [cells] with which the picture is kept until they change @param {string} [which] of theirs
   */
  image(x, y, w, h, rows, columns, colour, cells = null, which = "") {
    if (!rows || !columns) return
    this.ctx.imageSmoothingEnabled = w < columns || h < rows
    this.ctx.drawImage(
      cells ? this.keptSheet(rows, columns, colour, cells, which) : sheetOf(rows, columns, colour),
      x,
      y,
      w,
      h,
    )
  }

  /** @param {number} rows @param {number} columns @param {(row: number, column: number) => Rgb|null} colour @param {ArrayLike<number>} cells @param {string} which */
  keptSheet(rows, columns, colour, cells, which) {
    const own = kept(sheets, cells, () => /** @type {Map<string, OffscreenCanvas>} */ (new Map()))
    if (own.size >= MOST_SHEETS) own.clear()
    return kept(own, `${which} ${rows} ${columns} ${this.dark}`, () => sheetOf(rows, columns, colour))
  }

  /** Around one cell, outside it, never over its number. @param {number} x @param {number} y @param {number} w @param {number} h @param {boolean} [strong] */
  rim(x, y, w, h, strong = true) {
    const out = w < RIMMED ? 1 : 2
    const box = /** @type {const} */ ([x - out, y - out, w + 2 * out, h + 2 * out, 3, null])
    this.round(...box, this.c.paper, (strong ? 3 : 1) + out)
    this.ctx.globalAlpha = strong ? 1 : 0.55
    this.round(...box, this.c.accent, strong ? 2.8 : 1.3)
    this.ctx.globalAlpha = 1
  }

  /**
   * One outline around neighbouring cells.
   * @param {number} x @param {number} y @param {number} cell @param {number} rows @param {number} columns
   * @param {(row: number, column: number) => boolean} inside @param {boolean} [strong]
   */
  outline(x, y, cell, rows, columns, inside, strong = true) {
    const path = new Path2D()
    let any = false
    const edge = (
      /** @type {number} */ x0,
      /** @type {number} */ y0,
      /** @type {number} */ x1,
      /** @type {number} */ y1,
    ) => {
      path.moveTo(x0, y0)
      path.lineTo(x1, y1)
    }
    const is = (/** @type {number} */ row, /** @type {number} */ column) =>
      row >= 0 && column >= 0 && row < rows && column < columns && inside(row, column)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!is(row, column)) continue
        any = true
        const [x0, y0] = [x + column * cell - 0.5, y + row * cell - 0.5]
        const [x1, y1] = [x0 + cell, y0 + cell]
        if (!is(row - 1, column)) edge(x0, y0, x1, y0)
        if (!is(row + 1, column)) edge(x0, y1, x1, y1)
        if (!is(row, column - 1)) edge(x0, y0, x0, y1)
        if (!is(row, column + 1)) edge(x1, y0, x1, y1)
      }
    }
    if (!any) return
    const { ctx } = this
    ctx.lineCap = "round"
    Object.assign(ctx, { strokeStyle: this.c.paper, lineWidth: strong ? 5 : 3 }).stroke(path)
    ctx.globalAlpha = strong ? 1 : 0.55
    Object.assign(ctx, { strokeStyle: this.c.accent, lineWidth: strong ? 2.8 : 1.3 }).stroke(path)
    ctx.globalAlpha = 1
    ctx.lineCap = "butt"
  }

  /** The place of what is not there yet. @param {number} x @param {number} y @param {number} w @param {number} h */
  ghost(x, y, w, h) {
    this.ctx.setLineDash([3, 3])
    this.round(x + 0.5, y + 0.5, w - 1, h - 1, 3, null, this.c.line, 1)
    this.ctx.setLineDash([])
  }
}

/** How the numbers of a grid may be written, the longest way first. @param {number} top @param {number} low */
function waysFor(top, low) {
  if (top > 0 && top < LEAST_TOP[2]) return [POWERS]
  const shorter = [1, 0].filter((digits) => !top || (top >= LEAST_TOP[digits] && low >= halfOf(digits)))
  return [2, ...(shorter.length ? shorter : [BARE])]
}

/** @param {Rgb} from @param {Rgb} to @param {number} part @returns {Rgb} */
function mix(from, to, part) {
  return rgb((channel) => from[channel] + (to[channel] - from[channel]) * part)
}

/** @param {Rgb} colour */
function cssOf([red, green, blue]) {
  return css([Math.round(red), Math.round(green), Math.round(blue)])
}

/** A picture of one pixel a cell. @param {number} rows @param {number} columns @param {(row: number, column: number) => Rgb|null} colour */
function sheetOf(rows, columns, colour) {
  const pixels = new ImageData(columns, rows)
  const { data } = pixels
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const found = colour(row, column)
      if (!found) continue
      data[at] = found[0]
      data[at + 1] = found[1]
      data[at + 2] = found[2]
      data[at + 3] = 255
    }
  }
  const sheet = new OffscreenCanvas(columns, rows)
  sheet.getContext("2d")?.putImageData(pixels, 0, 0)
  return sheet
}
