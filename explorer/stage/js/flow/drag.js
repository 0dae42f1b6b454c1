// What the pointer does with numbers: it takes those of a brush into the hand, moves them, or draws with them.

import { CLICK } from "../core/pointer.js"
import { cellsBetween, cellsOf, cellsOnTheWay, hotAxis, movedAlong, placeAlong, planeOf } from "./brush.js"

/**
 * @import { Flow } from "./flow.js" @import { Value } from "./graph.js" @import { Brush, Plane } from "./brush.js"
 *
 * @typedef {object} Held where a press began
 * @property {Value} value @property {string} id @property {number} cell @property {number} last the cell drawn last
 * @property {number} x @property {number} y @property {boolean} moved whether it is more than a press
 * @property {"shift"|"select"|"draw"} does @property {number} [ink] the number that is drawn with
 */

export class Drag {
  /** @param {Flow} flow */
  constructor(flow) {
    this.flow = flow
    /** @type {Brush} */
    this.brush = "cell"
    /** @type {Held|null} */
    this.held = null
    /** The cells that were marked with the pointer: they are changed together. @type {{id: string, shape: string, cells: number[]}|null} */
    this.region = null
  }

  /** Whether something is being changed, or marked. */
  get moved() {
    return this.held?.moved ?? false
  }

  /** @param {Brush} brush */
  choose(brush) {
    this.brush = brush
    this.region = null
    this.flow.root.dataset.brush = brush
    this.flow.redraw()
  }

  /** @param {Value} value @returns {Plane} */
  plane(value) {
    return planeOf(value, this.flow.state)
  }

  /** The cells that change with one of them. @param {Value} value @param {number} cell */
  cellsWith(value, cell) {
    const region = this.regionOf(value)
    return region?.includes(cell) ? region : cellsOf(this.brush, this.plane(value), cell)
  }

  /** The marked cells of a value. @param {Value} value */
  regionOf({ ids, shape }) {
    const { region } = this
    return region && ids.includes(region.id) && region.shape === shape.join() ? region.cells : null
  }

  /** The cells of a value that a drag would change: marked ones, or those with the cell under the pointer. @param {Value} value */
  chosen(value) {
    if (this.brush === "cell") return null
    if (this.brush === "region") return this.regionOf(value)
    const { pointed } = this.flow.state
    if (!pointed || pointed.value !== value || this.flow.live.leafOf(value) === null) return null
    return this.cellsWith(value, pointed.cell)
  }

  /** A press on a cell. @param {Value} value @param {number} cell @param {{clientX: number, clientY: number}} event @returns {boolean} whether it can be changed here */
  begin(value, cell, { clientX: x, clientY: y }) {
    const { live } = this.flow
    const id = live.leafOf(value)
    if (id === null) return false
    const selects = this.brush === "region" && !this.regionOf(value)?.includes(cell)
    const draws = this.brush === "pen" || this.brush === "one_hot"
    const does = selects ? "select" : draws ? "draw" : "shift"
    this.held = { value, id, cell, last: cell, x, y, moved: false, does }
    if (draws) this.draw(this.held, cell)
    return true
  }

  /** @param {PointerEvent} event @param {number} cell of the same value under the pointer, or -1 */
  move({ clientX, clientY, shiftKey, pointerType }, cell) {
    const { held } = this
    const { live } = this.flow
    if (!held) return
    if (held.does === "draw") return cell < 0 ? undefined : this.draw(held, cell)
    if (!held.moved && Math.hypot(clientX - held.x, clientY - held.y) < CLICK) return
    if (held.does === "select") return cell < 0 ? undefined : this.select(held, cell)
    if (!held.moved && !live.hold(held.id, this.cellsWith(held.value, held.cell), held.cell)) return
    held.moved = true
    // Upwards and to the right a number grows; a finger's up and down scrolls the page.
    const way = pointerType === "touch" ? clientX - held.x : held.y - clientY + (clientX - held.x) / 2
    const { hand } = live
    if (hand) live.shift(hand.before, way, shiftKey) // a new call may have come meanwhile
  }

  /** @param {Held} held @param {number} cell */
  select(held, cell) {
    held.moved = true
    const plane = this.plane(held.value)
    this.region = { id: held.id, shape: plane.shape.join(), cells: cellsBetween(plane, held.cell, cell) }
    this.flow.redraw()
  }

  /** @param {Held} held @param {number} cell */
  draw(held, cell) {
    const plane = this.plane(held.value)
    if (this.brush === "one_hot") this.heat(held, plane, cell)
    else this.stroke(held, cellsOnTheWay(plane, held.last, cell))
    held.last = cell
  }

  /** The pen's number into cells; where the first of all had it already it wipes them. @param {Held} held @param {number[]} cells */
  stroke(held, cells) {
    const { live } = this.flow
    if (!held.moved) {
      if (!live.hold(held.id, cells, held.cell)) return
      const ink = live.ink(held.value.scale === "image")
      held.ink = live.number === ink ? 0 : ink
    } else live.extend(cells)
    held.moved = true
    live.move((live.hand?.cells ?? []).map(() => held.ink ?? 0))
  }

  /** The row's cell under the pointer is 1, its others are 0. @param {Held} held @param {Plane} plane @param {number} cell */
  heat(held, plane, cell) {
    const { live } = this.flow
    if (!held.moved && !live.hold(held.id, cellsOf("one_hot", plane, held.cell), held.cell)) return
    held.moved = true
    const axis = hotAxis(plane)
    const hot = movedAlong(plane.shape, held.cell, axis, placeAlong(plane.shape, cell, axis))
    live.move((live.hand?.cells ?? []).map((one) => Number(one === hot)))
  }

  /** The pointer let go. @param {boolean} keep whether what it changed stays @returns {boolean} whether it was more than a press */
  end(keep) {
    const { held, flow } = this
    this.held = null
    if (!held?.moved) return false
    if (held.does === "select") {
      if (!keep) this.region = null
    } else if (keep) flow.settle()
    else flow.live.drop()
    return true
  }
}
