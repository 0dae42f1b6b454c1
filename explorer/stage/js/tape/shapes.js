// Shapes, strides, and where a cell of one tensor stands in another. A map holds an offset for each cell. Nothing here draws.

/** @param {number[]} shape */
export function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1)
}

/** @param {number[]} shape @returns {number[]} */
export function stridesOf(shape) {
  const strides = Array(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1]
  return strides
}

/**
 * The offset of each cell of a shape where every axis has a stride of its own.
 * @param {number[]} shape @param {number[]} strides @param {number} start the offset of the first cell
 */
export function walk(shape, strides, start = 0) {
  const map = new Int32Array(sizeOf(shape))
  if (!map.length) return map
  map[0] = start
  let filled = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    // fill the last axis, then copy what is filled, shifted
    for (let at = 1; at < shape[axis]; at++) {
      const shift = at * strides[axis]
      const to = at * filled
      for (let cell = 0; cell < filled; cell++) map[to + cell] = map[cell] + shift
    }
    filled *= shape[axis]
  }
  return map
}

/**
 * For each cell of a shape, the cell of a tensor that is broadcast to it; null where they are the same.
 * @param {number[]} from @param {number[]} to
 */
export function broadcastMap(from, to) {
  if (from.length === to.length && from.every((size, axis) => size === to[axis])) return null
  const added = to.length - from.length
  const strides = stridesOf(from)
  return walk(
    to,
    to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : strides[axis - added])),
  )
}

/** For each cell of a tensor, the cell of what its reduction over these axes gives. @param {number[]} shape @param {number[]} axes */
export function reductionMap(shape, axes) {
  const strides = stridesOf(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)))
  return walk(
    shape,
    strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride)),
  )
}

/** For maps that are no straight walk: the place in the operand along each axis, -1 for a cell without one.
 * @param {number[]} from @param {number[]} to @param {(axis: number, at: number) => number} place */
export function mapByAxes(from, to, place) {
  const strides = stridesOf(from)
  const places = to.map((size, axis) => Int32Array.from({ length: size }, (_, at) => place(axis, at)))
  const index = to.map(() => 0)
  return Int32Array.from({ length: sizeOf(to) }, () => {
    let offset = 0
    for (let axis = 0; axis < to.length && offset >= 0; axis++) {
      const at = places[axis][index[axis]]
      offset = at < 0 ? -1 : offset + at * strides[axis]
    }
    advance(index, to)
    return offset
  })
}

/** To the next index of a shape, in place. @param {number[]} index @param {number[]} shape */
export function advance(index, shape) {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] += 1
    if (index[axis] < shape[axis]) return
    index[axis] = 0
  }
}

/** A tensor as lines along one of its axes. @param {number[]} shape @param {number} axis */
export function linesOf(shape, axis) {
  return { outer: sizeOf(shape.slice(0, axis)), size: shape[axis], inner: sizeOf(shape.slice(axis + 1)) }
}

/** @param {number} axis a negative one is counted from the end @param {number} rank */
export function fromStart(axis, rank) {
  return axis < 0 ? axis + rank : axis
}
