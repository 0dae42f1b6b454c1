// Which cells a sliding window reads: the arithmetic of convolutions and poolings. Nothing here draws.

import { flat, size, unflat } from "./kinds.js"

/**
 * @import { Graph, Operation, Value } from "./graph.js"
 *
 * @typedef {object} Track how a window moves along one axis
 * @property {number} axis of the tensors @property {number} length of the input along it @property {number} count places of the window
 * @property {number} taps cells of the window @property {number} stride @property {number} dilation
 * @property {number} before cells of padding that come before the input
 * @property {boolean} adaptive whether each place has a window of its own size, so that all of them cover the input
 *
 * @typedef {object} Sliding a window that slides over a tensor
 * @property {Value} x over which it slides @property {Value} result
 * @property {number[]} input the shape in which `x` is read @property {number[]} output the shape in which `result` is written
 * @property {number} channel the axis of the channels @property {Track[]} tracks from the outermost axis to the innermost
 *
 * @typedef {object} OwnToConvolution
 * @property {"full"|"depthwise"|"separable"} way @property {Value} kernel @property {number[]} shape in which `kernel` is read
 * @property {Value|null} pointwise of a separable one: what weighs the sums of the depthwise part
 * @property {number} groups @property {number} filters channels of the output @property {number} channels that one filter reads
 * @property {number} multiplier filters of each channel, of a depthwise or separable one
 * @property {Operation|null} pad what put zeros around the input beforehand
 * @typedef {Sliding & OwnToConvolution} Convolution
 *
 * @typedef {object} OwnToPooling
 * @property {"max"|"average"} keeps the largest, or the mean
 * @typedef {Sliding & OwnToPooling} Pooling
 *
 * @typedef {object} Panel cells under the window that lie in one plane: the taps of the last two axes, for one channel;
 *   along a single axis they are taps by channels, as the tensor lies
 * @property {number} channel of the input, the first of them @property {number|null} slice the tap of a third axis
 * @property {number} rows @property {number} columns
 * @property {number[]} cells of the input, row by row; -1: outside, a zero
 * @property {number[]} weights of the kernel, in the same order; -1 where there are none
 * @property {number} share the cell of the pointwise kernel that weighs its sum, or -1
 *
 * @typedef {object} Sum
 * @property {number} sum @property {number} weight the sum of the absolute products: what rounding is measured by
 */

const CONVOLUTIONS = new Set(["conv", "convolution", "conv1d", "conv2d", "conv3d"])
const DEPTHWISE = new Set(["depthwise_conv", "depthwise_conv2d"])
const SEPARABLE = new Set(["separable_conv", "separable_conv2d"])
const POOLINGS = /^(adaptive_)?(max|average|avg)_pool(?:[123]d)?$/
/** So many cells of a result are computed anew before a figure draws it, and how far they may be off. */
const PROBES = 24
const TOLERANCE = 1e-4
/** Of numbers of 16 bits. */
const COARSE = 2e-2

/** The numbers of a Python expression such as `(1, 2)`, `[[0, 0], [2, 0]]` or `3`; null if it says something else. @param {string|undefined} text */
export function numbersIn(text) {
  if (text === undefined || !/^[\s\d,()[\]-]*\d[\s\d,()[\]-]*$/.test(text)) return null
  return (text.match(/-?\d+/g) ?? []).map(Number)
}

/** The text of a Python string, without its quotes; "" for None. @param {string|undefined} text */
function wordIn(text) {
  return text === undefined || text === "None" ? "" : text.replace(/^["']|["']$/g, "")
}

/**
 * One number for each axis along which a window slides: of one number for all, of one for each, or of one for each axis
 * of the tensor.
 * @param {string|undefined} text @param {number} count @param {boolean} first whether the channels come first
 * @param {number[]} otherwise where nothing is given @returns {number[]|null}
 */
function perAxis(text, count, first, otherwise) {
  if (text === undefined || text === "None") return otherwise
  const numbers = numbersIn(text)
  if (!numbers) return null
  if (numbers.length === 1) return Array(count).fill(numbers[0])
  if (numbers.length === count) return numbers
  return numbers.length === count + 2 ? numbers.slice(first ? 2 : 1, first ? undefined : -1) : null
}

/** Whether the channels come before the axes along which a window slides. @param {Operation} operation */
function channelsFirst({ attributes }) {
  return /^(channels_first|NC)/.test(wordIn(attributes.data_format))
}

/**
 * How a window moves along an axis; null if it is told in a way that is not known.
 * @param {number} axis @param {number} length @param {{taps: number, stride: number, dilation: number, padding: string}} told
 * @returns {Track|null}
 */
function trackOf(axis, length, { taps, stride, dilation, padding }) {
  const span = (taps - 1) * dilation + 1
  const count = padding === "valid" ? Math.floor((length - span) / stride) + 1 : Math.ceil(length / stride)
  const missing = Math.max(0, (count - 1) * stride + span - length)
  /** @type {Record<string, number>} */
  const before = { valid: 0, same: Math.floor(missing / 2), causal: span - 1 }
  if (!(padding in before) || !(count > 0) || !(stride > 0) || !(taps > 0)) return null
  return { axis, length, count, taps, stride, dilation, before: before[padding], adaptive: false }
}

/** The places on an axis of the input that the window reads; those outside are below zero or beyond its end. @param {Track} track @param {number} place of the window */
export function reach({ length, count, taps, stride, dilation, before, adaptive }, place) {
  if (!adaptive) return Array.from({ length: taps }, (_, tap) => place * stride + tap * dilation - before)
  const from = Math.floor((place * length) / count)
  return Array.from({ length: Math.ceil(((place + 1) * length) / count) - from }, (_, tap) => from + tap)
}

/** The place of the window in whose middle a place of the input lies, as nearly as there is one. @param {Track} track @param {number} at */
export function placeOver({ length, count, taps, stride, dilation, before, adaptive }, at) {
  const place = adaptive ? Math.floor((at * count) / length) : (at + before - ((taps - 1) * dilation) / 2) / stride
  return Math.max(0, Math.min(count - 1, Math.round(place)))
}

/** The operand that fills one of several parameters. @param {Operation} operation @param {string[]} names @param {number} position */
function operand({ given, operands }, names, position) {
  const name = names.find((one) => given[one]?.length === 1)
  return name ? given[name][0] : operands[position]
}

/** The shapes of a value that have so many axes. @param {Value} value @param {number} rank */
function shapesOf(value, rank) {
  const shapes = value.shapes.length ? value.shapes : [value.shape]
  const found = shapes.filter((shape) => shape.length === rank)
  return found.filter((shape, at) => found.findIndex((one) => one.join() === shape.join()) === at)
}

/**
 * The zeros that an operation put around a tensor, before it and behind it along each axis.
 * @param {Value} value @returns {{pad: Operation, x: Value, around: number[]}|null}
 */
function padOf(value) {
  const { maker, uses, role } = value
  if (maker?.kind !== "pad" || maker.operands.length !== 1 || uses.length !== 1 || role === "output") return null
  const { mode, pad_width: width, paddings, constant_values: filled } = maker.attributes
  const around = numbersIn(width ?? paddings)
  if (!/^(constant)?$/i.test(wordIn(mode)) || !/^(None|0|0\.0)?$/.test(filled ?? "")) return null
  return around ? { pad: maker, x: maker.operands[0], around } : null
}

/** What an operation convolves, and how; null if it does not, or in a way that is not known. @param {Operation} operation @returns {Convolution|null} */
export function convolutionOf(operation) {
  const { kind } = operation
  const way = CONVOLUTIONS.has(kind)
    ? "full"
    : DEPTHWISE.has(kind)
      ? "depthwise"
      : SEPARABLE.has(kind)
        ? "separable"
        : null
  const x = operand(operation, ["inputs", "input"], 0)
  const kernel = operand(operation, ["kernel", "filters", "filter", "depthwise_kernel", "depthwise_filter"], 1)
  const pointwise =
    way === "separable"
      ? operand(operation, ["pointwise_kernel", "pointwise_filter"], 2)
      : /** @type {Value|null} */ (null)
  const result = operation.results[0]
  if (!way || !x || !kernel || !result || (way === "separable" && !pointwise)) return null
  const ranks = [...new Set(kernel.shapes.map((shape) => shape.length))].filter((rank) => rank >= 3 && rank <= 5)
  for (const rank of ranks)
    for (const shape of shapesOf(kernel, rank))
      for (const input of shapesOf(x, rank))
        for (const output of shapesOf(result, rank)) {
          const found = readConvolution(operation, { way, x, kernel, pointwise, result, shape, input, output })
          if (found) return withoutPad(found)
        }
  return null
}

/**
 * @param {Operation} operation
 * @param {{way: Convolution["way"], x: Value, kernel: Value, pointwise: Value|null, result: Value, shape: number[],
 *   input: number[], output: number[]}} parts
 * @returns {Convolution|null} null if the shapes do not belong together
 */
function readConvolution(operation, parts) {
  const { way, shape, input, output, pointwise } = parts
  const { attributes } = operation
  const count = shape.length - 2
  const first = channelsFirst(operation)
  const channel = first ? 1 : count + 1
  const [read, last] = shape.slice(-2)
  const ones = Array(count).fill(1)
  const strides = perAxis(attributes.strides ?? attributes.stride, count, first, ones)
  const dilations = perAxis(attributes.dilation_rate ?? attributes.dilations, count, first, ones)
  const padding = (wordIn(attributes.padding) || "valid").toLowerCase()
  if (!strides || !dilations) return null
  const tracks = shape.slice(0, count).map((taps, at) => {
    const axis = at + (first ? 2 : 1)
    return trackOf(axis, input[axis], { taps, stride: strides[at], dilation: dilations[at], padding })
  })
  const known = tracks.filter((track) => track !== null)
  const filters = output[channel]
  const groups = way === "full" ? input[channel] / read : 1
  const fits =
    known.length === count
    && input[0] === output[0]
    && known.every((track) => track.count === output[track.axis])
    && (way === "full"
      ? last === filters && Number.isInteger(groups) && filters % groups === 0
      : read === input[channel])
    && (way !== "depthwise" || filters === read * last)
    && (way !== "separable" || size(pointwise?.shape ?? []) === read * last * filters)
  if (!fits) return null
  return {
    ...parts, channel, tracks: known, groups, filters, pad: null,
    channels: way === "depthwise" ? 1 : read, multiplier: way === "full" ? 1 : last,
  } // biome-ignore format: few lines
}

/** The same over what was there before zeros were put around it: these zeros are padding. @param {Convolution} convolution @returns {Convolution} */
function withoutPad(convolution) {
  const { x, input, channel, tracks } = convolution
  const padded = padOf(x)
  if (!padded || padded.around.length !== 2 * input.length) return convolution
  const { around, pad } = padded
  const inner = input.map((length, axis) => length - around[2 * axis] - around[2 * axis + 1])
  const aside = [0, 1].some((end) => around[end] || around[2 * channel + end])
  if (
    aside
    || around.some((cells) => cells < 0)
    || !shapesOf(padded.x, input.length).some((one) => one.join() === inner.join())
  )
    return convolution
  const moved = tracks.map((track) => ({
    ...track,
    length: inner[track.axis],
    before: track.before + around[2 * track.axis],
  }))
  return { ...convolution, x: padded.x, input: inner, tracks: moved, pad }
}

/** What an operation pools, and how; null if it does not, or in a way that is not known. @param {Operation} operation @returns {Pooling|null} */
export function poolingOf(operation) {
  const [, adaptive, kept] = operation.kind.match(POOLINGS) ?? []
  const x = operand(operation, ["inputs", "input", "value"], 0)
  const result = operation.results[0]
  if (!kept || !x || !result) return null
  for (const rank of [3, 4, 5])
    for (const input of shapesOf(x, rank))
      for (const output of shapesOf(result, rank)) {
        const tracks = adaptive ? adaptiveTracks(operation, input, output) : poolingTracks(operation, input)
        const channel = channelsFirst(operation) ? 1 : rank - 1
        const fits =
          input[0] === output[0]
          && input[channel] === output[channel]
          && tracks?.every((track) => track.count === output[track.axis])
        if (tracks && fits)
          return { x, result, input, output, channel, tracks, keeps: kept === "max" ? "max" : "average" }
      }
  return null
}

/** @param {Operation} operation @param {number[]} input @returns {Track[]|null} */
function poolingTracks(operation, input) {
  const { attributes } = operation
  const first = channelsFirst(operation)
  const count = input.length - 2
  const taps = perAxis(attributes.pool_size ?? attributes.ksize, count, first, [])
  if (taps?.length !== count) return null
  const strides = perAxis(attributes.strides, count, first, taps)
  const padding = (wordIn(attributes.padding) || "valid").toLowerCase()
  if (!strides || padding === "causal") return null
  const tracks = taps.map((length, at) => {
    const axis = at + (first ? 2 : 1)
    return trackOf(axis, input[axis], { taps: length, stride: strides[at], dilation: 1, padding })
  })
  const known = tracks.filter((track) => track !== null)
  return known.length === count ? known : null
}

/** Windows whose sizes follow from how many places there are. @param {Operation} operation @param {number[]} input @param {number[]} output @returns {Track[]} */
function adaptiveTracks(operation, input, output) {
  const from = channelsFirst(operation) ? 2 : 1
  return input.slice(2).map((_, at) => {
    const [length, count] = [input[at + from], output[at + from]]
    const taps = Math.ceil(length / count)
    return { axis: at + from, length, count, taps, stride: taps, dilation: 1, before: 0, adaptive: true }
  })
}

/** The places of the input that the window reads for one cell of the output, along each of its tracks. @param {Sliding} sliding @param {number} cell @returns {number[][]} */
export function reachOf({ output, tracks }, cell) {
  const index = unflat(output, cell)
  return tracks.map((track) => reach(track, index[track.axis]))
}

/** A cell of the input, or -1 outside. @param {Sliding} sliding @param {number} sample @param {number} channel @param {number[]} at along each track */
function inputCell({ input, channel: axis, tracks }, sample, channel, at) {
  const index = Array(input.length).fill(0)
  index[0] = sample
  index[axis] = channel
  for (const [number, track] of tracks.entries()) {
    if (at[number] < 0 || at[number] >= track.length) return -1
    index[track.axis] = at[number]
  }
  return flat(input, index)
}

/**
 * What lies under the window, plane by plane.
 * @param {Sliding} sliding @param {number} cell of the output @param {number[]} channels of the input
 * @param {(taps: number[], channel: number) => number} weightAt which cell of the kernel stands there
 * @returns {Panel[]}
 */
function panels(sliding, cell, channels, weightAt) {
  const sample = unflat(sliding.output, cell)[0]
  const along = reachOf(sliding, cell)
  const inner = along.slice(-2)
  const count = along.length
  /** @param {number[]} read which channels @param {number|null} slice @param {number} rows @param {number} columns @param {(row: number, column: number) => {taps: number[], channel: number}} at */
  const panel = (read, slice, rows, columns, at) => {
    /** @type {Panel} */
    const made = { channel: read[0], slice, rows, columns, cells: [], weights: [], share: -1 }
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const { taps, channel } = at(row, column)
        const place = taps.map((tap, track) => along[track][tap])
        made.cells.push(inputCell(sliding, sample, channel, place))
        made.weights.push(weightAt(taps, channel))
      }
    return made
  }
  if (count === 1) {
    const across = sliding.channel === 1 // the axis of the channels comes first: taps lie in a row
    const taps = inner[0].length
    const at = (/** @type {number} */ row, /** @type {number} */ column) => ({
      taps: [across ? column : row],
      channel: channels[across ? row : column],
    })
    return [
      across ? panel(channels, null, channels.length, taps, at) : panel(channels, null, taps, channels.length, at),
    ]
  }
  const slices = count === 3 ? along[0].map((_, tap) => tap) : [null]
  return channels.flatMap((channel) =>
    slices.map((slice) => {
      const outer = slice === null ? [] : [slice]
      return panel([channel], slice, inner[0].length, inner[1].length, (row, column) => ({
        taps: [...outer, row, column],
        channel,
      }))
    }),
  )
}

/** What lies under the window for one cell of a convolution's output, with the filter's numbers. @param {Convolution} convolution @param {number} cell @returns {Panel[]} */
export function panelsOf(convolution, cell) {
  const { way, shape, output, channel: axis, channels, multiplier, groups, filters, input } = convolution
  const filter = unflat(output, cell)[axis]
  if (way === "full") {
    const from = Math.floor(filter / (filters / groups)) * channels
    const read = Array.from({ length: channels }, (_, number) => from + number)
    return panels(convolution, cell, read, (taps, channel) => flat(shape, [...taps, channel - from, filter]))
  }
  const tile = (/** @type {number} */ part) =>
    panels(convolution, cell, [Math.floor(part / multiplier)], (taps, channel) =>
      flat(shape, [...taps, channel, part % multiplier]),
    )
  if (way === "depthwise") return tile(filter)
  return Array.from({ length: input[axis] * multiplier }, (_, part) => part).flatMap((part) =>
    tile(part).map((panel) => ({ ...panel, share: part * filters + filter })),
  )
}

/** What lies under the window for one cell of a pooling's output. @param {Pooling} pooling @param {number} cell @returns {Panel[]} */
export function poolPanels(pooling, cell) {
  return panels(pooling, cell, [unflat(pooling.output, cell)[pooling.channel]], () => -1)
}

/** The sum of a panel's products, before a pointwise kernel weighs it. @param {Convolution} convolution @param {Panel} panel @returns {Sum} */
export function productsOf({ x, kernel }, { cells, weights }) {
  const [read, numbers] = [x.cells ?? [], kernel.cells ?? []]
  let sum = 0
  let weight = 0
  cells.forEach((cell, at) => {
    if (cell < 0) return
    const product = read[cell] * numbers[weights[at]]
    sum += product
    weight += Math.abs(product)
  })
  return { sum, weight }
}

/** What a panel adds to the output. @param {Convolution} convolution @param {Panel} panel @returns {Sum} */
export function contribution(convolution, panel) {
  const found = productsOf(convolution, panel)
  if (panel.share < 0) return found
  const share = convolution.pointwise?.cells?.[panel.share] ?? 0
  return { sum: found.sum * share, weight: Math.abs(found.weight * share) }
}

/** One cell of a convolution's output, from what the operation was given. @param {Convolution} convolution @param {number} cell @returns {Sum} */
export function sumOf(convolution, cell) {
  const found = { sum: 0, weight: 0 }
  for (const panel of panelsOf(convolution, cell)) {
    const { sum, weight } = contribution(convolution, panel)
    found.sum += sum
    found.weight += weight
  }
  return found
}

/**
 * One cell of a pooling's output. What lies outside counts nothing, and a NaN never wins.
 * @param {Pooling} pooling @param {number} cell
 * @returns {{value: number, winner: number, sum: number, count: number, weight: number}} winner: the first cell that is as large
 */
export function pooled(pooling, cell) {
  const numbers = pooling.x.cells ?? []
  const inside = poolPanels(pooling, cell).flatMap(({ cells }) => cells.filter((one) => one >= 0))
  let winner = -1
  let sum = 0
  let weight = 0
  for (const one of inside) {
    sum += numbers[one]
    weight = Math.max(weight, Math.abs(numbers[one]))
    if (!Number.isNaN(numbers[one]) && !(winner >= 0 && numbers[one] <= numbers[winner])) winner = one
  }
  const largest = winner < 0 ? Number.NEGATIVE_INFINITY : numbers[winner]
  const value = pooling.keeps === "max" ? largest : sum / inside.length
  return { value, winner, sum, count: inside.length, weight }
}

/**
 * Whether what was recorded is what the arithmetic here makes of the operands, at cells all over it.
 * @param {Value} result @param {(cell: number) => {value: number, weight: number}} compute
 */
export function agrees(result, compute) {
  const { cells, dtype } = result
  if (!cells?.length) return false
  const tolerance = /16$/.test(dtype) ? COARSE : TOLERANCE
  const step = Math.max(1, Math.floor(cells.length / PROBES) - 1)
  for (let cell = 0; cell < cells.length; cell += step) {
    const { value, weight } = compute(cell)
    const off = Math.abs(value - cells[cell])
    if (off > tolerance * Math.max(weight, 1e-6)) return false
  }
  return true
}

/** @type {WeakMap<Operation, Convolution|Pooling|null>} */
const known = new WeakMap()

/**
 * What slides over what in an operation, if all its numbers are there and it computes what was recorded.
 * @param {Operation} operation @returns {Convolution|Pooling|null}
 */
export function slidingOf(operation) {
  let found = known.get(operation)
  if (found === undefined) {
    found = proven(operation)
    known.set(operation, found)
  }
  return found
}

/** @param {Operation} operation @returns {Convolution|Pooling|null} */
function proven(operation) {
  const convolution = convolutionOf(operation)
  if (convolution) {
    const { x, kernel, pointwise, result } = convolution
    const there = x.cells && kernel.cells && (!pointwise || pointwise.cells)
    const compute = (/** @type {number} */ cell) => {
      const { sum, weight } = sumOf(convolution, cell)
      return { value: sum, weight }
    }
    return there && agrees(result, compute) ? convolution : null
  }
  const pooling = poolingOf(operation)
  return pooling?.x.cells && agrees(pooling.result, (cell) => pooled(pooling, cell)) ? pooling : null
}

/** So many windows are drawn in one flow, and in a flow of so many operations at most: others are plain operators. */
const MOST_WINDOWS = 2
const MOST_OPERATIONS = 12

/**
 * The operations of a flow whose windows are drawn: none of them in a loop, and not more than fit beside each other.
 * @param {Graph} graph
 */
export function drawnWindows({ operations }) {
  const found = operations.flatMap((operation) => {
    const sliding = operation.turns.length ? null : slidingOf(operation)
    return sliding ? [{ operation, sliding }] : []
  })
  return found.length <= MOST_WINDOWS && operations.length <= MOST_OPERATIONS ? found : []
}
