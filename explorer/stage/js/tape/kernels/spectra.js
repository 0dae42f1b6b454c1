// Fourier transforms of real lines. A complex number is two numbers side by side. Nothing here draws.

import { fixed } from "./kernel.js"

/** @import { Kernel, Kernels } from "./kernel.js" */

/** In place. @param {Float64Array} real @param {Float64Array} imaginary of the same length, a power of two */
function transform(real, imaginary) {
  const size = real.length
  for (let at = 1, turned = 0; at < size; at++) {
    let bit = size >> 1
    for (; turned & bit; bit >>= 1) turned ^= bit
    turned ^= bit
    if (at >= turned) continue
    const [re, im] = [real[at], imaginary[at]]
    real[at] = real[turned]
    imaginary[at] = imaginary[turned]
    real[turned] = re
    imaginary[turned] = im
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [c, s] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)]
      for (let at = k; at < size; at += 2 * half) {
        const other = at + half
        const re = real[other] * c - imaginary[other] * s
        const im = real[other] * s + imaginary[other] * c
        real[other] = real[at] - re
        imaginary[other] = imaginary[at] - im
        real[at] += re
        imaginary[at] += im
      }
    }
  }
}

/** @type {Kernel} */
function realTransform({ inputs: [x, length], outputs: [y] }) {
  const [size] = fixed(length, "the length")
  if (size & (size - 1)) throw new Error("the length is no power of two")
  const [given, bins] = [x, y].map(({ shape }) => shape[shape.length - 1])
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)]
  const lines = given ? x.data.length / given : 0
  return {
    run: () => {
      for (let line = 0; line < lines; line++) {
        for (let at = 0; at < size; at++) real[at] = at < given ? x.data[line * given + at] : 0
        imaginary.fill(0)
        transform(real, imaginary)
        for (let bin = 0; bin < bins; bin++) {
          y.data[2 * (line * bins + bin)] = real[bin]
          y.data[2 * (line * bins + bin) + 1] = imaginary[bin]
        }
      }
    },
    back: ([g], want) => {
      const into = want(0)
      if (!into) return
      for (let cell = 0; 2 * cell < g.length; cell++) {
        const [re, im] = [g[2 * cell], g[2 * cell + 1]]
        if (!re && !im) continue
        const start = Math.floor(cell / bins) * given
        for (let at = 0; at < Math.min(given, size); at++) {
          const turn = (2 * Math.PI * (((cell % bins) * at) % size)) / size
          into[start + at] += re * Math.cos(turn) - im * Math.sin(turn)
        }
      }
    },
  }
}

/** @param {0|1} which of the two numbers @returns {Kernel} */
function part(which) {
  return ({ inputs: [x], outputs: [y] }) => ({
    run: () => {
      for (let at = 0; at < y.data.length; at++) y.data[at] = x.data[2 * at + which]
    },
    back: ([g], want) => {
      const into = want(0)
      if (into) for (let at = 0; at < g.length; at++) into[2 * at + which] += g[at]
    },
  })
}

/** @type {Kernels} */
export const SPECTRA = [
  ["RFFT", realTransform],
  ["Real", part(0)],
  ["Imag", part(1)],
]
