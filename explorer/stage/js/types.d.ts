// Types of what no module makes: what Streamlit hands over, what Python's messages say, what parts of a page ask of each
// other. Every other type stands beside what makes it.

import type { Flash } from "./core/flash.js"
import type { Cell } from "./core/hit.js"
import type { Selection } from "./core/slices.js"
import type { Theme } from "./core/theme.js"
import type { View } from "./core/view.js"
import type { Bus } from "./trail/bus.js"

/** The text of a key in the reader's language, with its parameters filled in. */
export type Words = (key: string, parameters?: Record<string, unknown>) => string
export type Point = { x: number; y: number }
export type Size = { width: number; height: number }
export type Bytes = Uint8Array<ArrayBuffer>

/** What Streamlit hands to an entry's default export. */
export interface Component {
  data: Bytes
  parentElement: ShadowRoot
  setStateValue(name: string, value: unknown): void
  setTriggerValue(name: string, value: unknown): void
}

/** Of `explorer.stage.pack.pack`. */
export interface Options {
  scale?: "own" | "shared" | "one"
  plain?: boolean
  editable?: string[]
  edited?: Record<string, number[][]>
  masked?: Record<string, number[][]>
  stale?: boolean
  subject?: unknown
}

/** Of `explorer.stage.flow.draw`. */
export interface FlowOptions extends Options {
  at?: string
  call?: string
  captions?: string[]
  failed?: string
  figures?: string[]
  limits?: Record<string, [number | null, number | null]>
  most?: number
  notes?: string[]
  origin?: string
  present?: boolean
  tensors?: string[]
  /** Pixels of the stage where it does not end where the window ends. */
  tall?: number
}

/** Of `explorer.stage.statistics`. */
export type Statistics = {
  cells: number
  minimum: number | bigint | null
  maximum: number | bigint | null
  mean: number | null
  rms: number | null
  zeros: number
  nan: number
  positive_infinite: number
  negative_infinite: number
}

/** How an array is sent: of `explorer.stage.pack.encode`. */
export interface Encoded {
  encoding: string
  offsets: number[]
  texts?: string[]
  reduced?: "slices" | "overview"
  shown?: number
  total?: number
  order?: number[]
  block?: [number, number]
  blocks?: [number, number]
}

/** What is told of a tensor whatever its values are. */
export interface Described {
  id: string
  name: string
  role: string
  dtype: string
  shape: number[]
  scale: string
  trainable: boolean | null
  initializer: string
  help: string
}

/** A tensor in a message's header. */
export type Entry = Described & Encoded & { axes: string[]; statistics: Record<string, number | string | null> }

/** What the reader has chosen for a tensor: it survives a change of data. Filled when the first data come. */
export interface CardState {
  shape: string
  size: string
  selection: Selection
  view: View
  cursor?: Cell | null
  hover?: Cell | null
  trueColour?: boolean
  limited?: boolean
  table?: boolean
}

/** A number that is tried in a field while everything that hangs on it follows. */
export interface Trial {
  show(number: number): boolean
  /** Moves the number by so many steps; what it is then. */
  step(steps: number, fine: boolean): number
  keep(): unknown
  drop(): void
}

/** What a card asks of that on which it stands: the stage, or the lens of the flow. */
export interface Ground {
  readonly theme: Theme
  readonly words: Words
  readonly options: Options
  readonly ends: Map<string, number>
  /** Of the touched cell; undefined where none can be touched. */
  readonly bus?: Bus
  readonly flash?: Flash
  readonly marker?: string
  readonly tallest?: number
  relayout(): void
  /** Set a cell to what was typed. */
  commit?(tensor: string, index: number[], text: string): void
  /** Null where the number of that cell cannot be tried. */
  trial?(tensor: string, cell: number): Trial | null
}

/** A number in an account of a cell, and the cell that it is: of `explorer.stage.arithmetic.told`. */
export interface Told {
  printed: string
  tensor: string
  index: number[]
  label: string
  name: string
  recomputed: boolean
}

export interface Term {
  factors: Told[]
  what: (string | Told)[]
  origin: Told[]
  printed: string
  marked: boolean
}

export interface Equation {
  form: string
  label: string
  printed: string
  rounding: string
  formula: string
  count: number
  recomputed: boolean
  addsUp: boolean
  terms: Term[]
  rest: { count: number; printed: string } | null
}

export interface Arithmetic {
  name: string
  value: string
  headline: string
  copies: { text: string; number: Told }[]
  equations: Equation[]
  window: Record<string, number[][]>
  notes: string[]
}
