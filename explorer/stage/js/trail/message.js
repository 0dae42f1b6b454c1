// The trail's message -> an answer for the bus. Nothing here draws.

import { opened } from "../core/envelope.js"

/** @param {import("../types.js").Bytes} bytes @returns {import("./bus.js").Answer} */
export function readTrail(bytes) {
  const { header: told, start } = opened(bytes)
  /** @type {Omit<import("./bus.js").Answer, "weights"> & {trail: Record<string, [number, number]>}} */
  const { trail, ...header } = told
  const weights = new Map(
    Object.entries(trail).map(([id, [offset, count]]) => {
      const from = bytes.byteOffset + start + offset
      const cells = offset < 0 ? new Float32Array(count) : new Float32Array(bytes.buffer.slice(from, from + 4 * count))
      const largest = cells.reduce((most, weight) => Math.max(most, Number.isFinite(weight) ? Math.abs(weight) : 0), 0)
      return [id, { weights: cells, largest }]
    }),
  )
  return { ...header, weights }
}
