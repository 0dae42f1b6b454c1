// Every operation that can be computed here, by TensorFlow's name. Nothing here draws.

import { CHOICES } from "./choices.js"
import { CONVOLUTIONS } from "./convolutions.js"
import { ELEMENTWISE } from "./elementwise.js"
import { MOVES, VIEWS } from "./moves.js"
import { PICTURES } from "./pictures.js"
import { POOLS } from "./pools.js"
import { PRODUCTS } from "./products.js"
import { REDUCTIONS } from "./reductions.js"
import { SPECTRA } from "./spectra.js"

export { VIEWS }

export const KERNELS = new Map([
  ...ELEMENTWISE,
  ...MOVES,
  ...REDUCTIONS,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLS,
  ...CHOICES,
  ...PICTURES,
  ...SPECTRA,
])

/** These know that a complex number is two numbers; all others would take it for two cells. */
export const COMPLEX = new Set([...VIEWS, ...SPECTRA.map(([kind]) => kind)])
