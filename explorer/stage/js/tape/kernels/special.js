// The error function in double precision. Nothing here draws.

/** Of W. Press et al., Numerical Recipes, 3rd edition, 6.2.2. */
const CHEBYSHEV = [
  -1.3026537197817094, 0.6419697923564902, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4,
  3.66839497852761e-4, 4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.30365583558e-6, 1.5626441722e-8,
  -8.5238095915e-8, 6.529054439e-9, 5.059343495e-9, -9.91364156e-10, -2.27365122e-10, 9.6467911e-11, 2.394038e-12,
  -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13, 3.81e-16, 7.106e-15, -1.523e-15, -9.4e-17, 1.21e-16, -2.8e-17,
]
const TERMS = 16 // of the series near zero

/** @param {number} x */
export function erfc(x) {
  return x >= 0 ? tail(x) : 2 - tail(-x)
}

/** @param {number} x */
export function erf(x) {
  if (Math.abs(x) > 0.5) return x >= 0 ? 1 - tail(x) : tail(-x) - 1
  let [sum, term] = [x, x]
  for (let n = 1; n < TERMS; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** @param {number} x from 0 on */
function tail(x) {
  const t = 2 / (2 + x)
  let [sum, before] = [0, 0]
  for (let at = CHEBYSHEV.length - 1; at > 0; at--) [sum, before] = [(4 * t - 2) * sum - before + CHEBYSHEV[at], sum]
  return t * Math.exp(-x * x + 0.5 * (CHEBYSHEV[0] + (4 * t - 2) * sum) - before)
}
