// Parameters that are only numbers of the call: each is dragged, or typed, like a number of a tensor.

import { element, reconcile, setText } from "../core/dom.js"
import { Editor } from "../core/editor.js"
import { exactText } from "../core/format.js"
import { CLICK } from "../core/pointer.js"

/** @import { Flow } from "./flow.js" */

export class Knobs {
  /** @param {Flow} flow */
  constructor(flow) {
    this.flow = flow
    this.root = element("div", { class: "knobs" })
    /** @type {Map<string, HTMLElement>} */
    this.buttons = new Map()
    /** @type {{id: string, x: number, y: number, moved: boolean}|null} */
    this.held = null
    /** Whether the press that ended last was a drag. */
    this.dragged = false
    /** @type {Editor|null} */
    this.editor = null
  }

  /** Show the parameters of the call, and what they are now. */
  update() {
    const shown = this.flow.live.parameters.map(({ id, name, dtype, number }) => {
      const button = this.buttons.get(id) ?? this.made(id)
      this.buttons.set(id, button)
      setText(button, `${name} = ${exactText(number, dtype)}`)
      button.title = this.flow.words("flow.knob", { name })
      return button
    })
    reconcile(this.root, this.editor ? [...shown, this.editor.box] : shown)
  }

  /** @param {string} id */
  made(id) {
    const button = element("button", { type: "button", class: "word", "data-leaf": id })
    button.onpointerdown = (event) => {
      if (event.button) return
      button.setPointerCapture(event.pointerId)
      this.held = { id, x: event.clientX, y: event.clientY, moved: false }
    }
    button.onpointermove = (event) => this.move(event)
    button.onpointerup = () => this.end(true)
    button.onpointercancel = () => this.end(false)
    button.onclick = (event) => {
      if (!event.detail || !this.dragged) this.edit(id)
      this.dragged = false
    }
    return button
  }

  /** @param {PointerEvent} event */
  move({ clientX, clientY, shiftKey }) {
    const { held, flow } = this
    if (!held) return
    const way = clientX - held.x + (held.y - clientY) / 2
    if (!held.moved) {
      const own = flow.live.parameters.find(({ id }) => id === held.id)
      if (Math.abs(way) < CLICK || !own || !flow.live.hold(held.id, own.cells)) return
      held.moved = true
    }
    const { hand } = flow.live
    if (hand) flow.live.shift(hand.before, way, shiftKey)
  }

  /** @param {boolean} keep whether what it changed stays */
  end(keep) {
    this.dragged = this.held?.moved ?? false // the click that follows is the end of the drag
    this.held = null
    if (!this.dragged) return
    if (keep) this.flow.settle()
    else this.flow.live.drop()
  }

  /** @param {string} id */
  edit(id) {
    const { flow } = this
    const own = flow.live.parameters.find((one) => one.id === id)
    const button = this.buttons.get(id)
    if (!own || !button) return
    this.editor?.close()
    this.editor = new Editor(this.root, {
      name: own.name,
      index: [],
      dtype: own.dtype,
      value: own.number,
      words: flow.words,
      place: () => ({
        x: button.offsetLeft + button.offsetWidth / 2,
        y: button.offsetTop + button.offsetHeight / 2,
        width: button.offsetWidth,
        within: this.root.offsetWidth,
      }),
      trial: flow.live.trial(id, own.cells, 0, false),
      commit: (text) => flow.send?.("edit", { tensor: id, cells: [[[], text]] }),
      closed: () => {
        this.editor = null
        button.focus()
      },
    })
  }
}
