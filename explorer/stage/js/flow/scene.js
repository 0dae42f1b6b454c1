// What figures are given, and what they give back: the types that the stage and its figures share.

/**
 * @import { Graph, Operation, Value } from "./graph.js" @import { Paint } from "./paint.js"
 * @import { FigureBlock, Plan, TensorBlock } from "./layout.js" @import { Choice } from "./view.js"
 * @import { Space } from "./places.js" @import { Words } from "../types.js"
 *
 * @typedef {object} Chosen what the reader did on the stage
 * @property {number} filter of a convolution @property {number|null} query of an attention that is pointed at
 * @property {{value: Value, cell: number}|null} touched @property {{value: Value, cell: number}|null} [pointed] under the pointer
 * @property {boolean} present whether it is shown to an audience
 * @property {string} origin the axis by which cells are coloured ("input:0@1"), or "": by their numbers
 *
 * @typedef {Choice & Chosen} State
 *
 * @typedef {object} Claim what a figure draws
 * @property {Operation[]} operations that it stands for, in order
 * @property {Value[]} takes drawn by others: from them it is fed @property {Value[]} gives drawn by others: it makes them
 * @property {Value[]} hides drawn by nobody else @property {Value[]} draws whose cells it draws itself
 *
 * @typedef {{w: number, h: number, ports?: number[]}} FigureSize pixels; ports: where wires enter, as parts of the height
 *
 * @typedef {(cell: number) => {colour: import("../core/colour.js").Rgb, several: boolean}} Coloured
 *
 * @typedef {object} Scene
 * @property {Graph} graph @property {State} state @property {Plan} plan @property {Words} words
 * @property {Figure[]} figures @property {Map<Value, Set<number>>} hatched cells that are left out, or are padding
 * @property {(operation: Operation) => number} progress how far it has run, 0 to 1
 * @property {(operation: Operation) => boolean} now whether it is running
 * @property {(value: Value) => TensorBlock|null} block where a value is drawn
 * @property {(block: TensorBlock, facet: number) => {x: number, y: number}} facetAt the corner of a picture
 * @property {(value: Value, cell: number) => 0|1|2} touched 2: the touched cell and what it was made of, 1: what that was made of
 * @property {number} revision another one whenever numbers have changed where they stand
 * @property {(value: Value) => Coloured|null} origin how its cells are coloured by where they come from; null: by their numbers
 * @property {(value: Value) => boolean} marked whether any of its cells may be touched
 * @property {(value: Value) => Set<number>|null} touchedCells
 * @property {(value: Value) => number[]|null} chosen the cells that a drag would change together
 * @property {(value: Value) => number|undefined} end the number at which its colour is full, where tensors of a kind share one
 * @property {(value: Value) => {cells: number[], strength: number}|null} changed what the last change changed, as long as it is marked
 * @property {(value: Value) => Set<number>|null} edited cells that were set by hand
 * @property {(value: Value, cell: number, x: number, y: number, w: number, h: number) => void} hit a cell that can be touched
 * @property {(x: number, y: number, w: number, h: number, set: Partial<State>, says: string|(() => string)) => void} area pointing there changes the state
 * @property {(x: number, y: number, w: number, h: number, go: () => void, says: string) => void} click
 * @property {(operation: Operation, x: number, y: number, w: number, h: number) => void} hitOperation
 * @property {(state: Partial<State>) => void} set
 * @property {import("./stage.js").Hit[]} hits all places that answer the pointer, the last on top
 */

/**
 * @template {Claim} [C=any]
 * @typedef {object} Figure how one kind of operation is drawn
 * @property {string} name @property {number} rank of two figures that claim an operation the higher has it
 * @property {boolean} wires whether the stage draws wires to it and from it
 * @property {boolean} [apart] whether it may also stand below what it takes and above what it gives, without wires
 * @property {boolean} [example] whether it shows how one cell is made, also where none is touched
 * @property {(graph: Graph, state: State) => C[]} claims
 * @property {(claim: C, space: Space, unit: number) => FigureSize} size
 * @property {(p: Paint, block: FigureBlock & {claim: C}, scene: Scene) => void} draw
 * @property {(block: FigureBlock & {claim: C}, scene: Scene) => string} text what it shows, in words and numbers
 * @property {(p: Paint, scene: Scene) => void} [under] drawn below all cells, whatever it claims
 * @property {(p: Paint, scene: Scene) => void} [over] drawn above all cells
 * @property {(scene: Scene) => {value: Value, cells: Set<number>}[]} [hatches] cells that are hatched
 * @property {(scene: Scene) => string} [tells] what that shows, in words and numbers
 * @property {number} [lag] the part of its progress after which what it gives appears
 */

export {}
