// After a change of the data: which cells are marked, how strongly, and until when.

import { compareAll, isStorm, MOST_MARKED } from "./changes.js"

const FADE = 1500
const STILL = "(prefers-reduced-motion: reduce)"

export class Flash {
  /** @param {() => void} repaint draws the marks anew */
  constructor(repaint) {
    this.repaint = repaint
    /** @type {import("./unpack.js").Tensor[]} */
    this.tensors = []
    /** @type {Map<string, import("./changes.js").Change>} */
    this.changes = new Map()
    this.began = -Infinity
    this.asked = 0
    this.storm = false
    this.quiet = matchMedia(STILL)
  }

  /**
   * Take over new data. What is only drawn in another way (a language, a scale) leaves the marks as they are.
   * @param {import("./unpack.js").Tensor[]} tensors @param {unknown} subject whose tensors they are: another layer's
   *   tensors are not compared, even where they have the same names
   */
  take(tensors, subject) {
    const { changes, other } =
      subject === this.subject ? compareAll(this.tensors, tensors) : { changes: new Map(), other: true }
    this.tensors = tensors
    this.subject = subject
    if (!other) return
    this.changes = changes
    this.storm = isStorm(changes, tensors)
    this.began = performance.now()
    if (changes.size && !this.storm && !this.quiet.matches) this.fade()
  }

  /** @param {string} id @returns {import("./changes.js").Change|undefined} */
  of(id) {
    return this.changes.get(id)
  }

  /** How strongly the changed cells of a tensor are marked now, 0 to 1. @param {string} id */
  strength(id) {
    const change = this.changes.get(id)
    if (!change || this.storm || change.count > MOST_MARKED) return 0
    if (this.quiet.matches) return 1
    return Math.max(0, 1 - (performance.now() - this.began) / FADE)
  }

  fade() {
    cancelAnimationFrame(this.asked)
    this.asked = requestAnimationFrame(() => {
      this.repaint()
      if (performance.now() - this.began <= FADE) this.fade()
    })
  }

  /** Escape: no marks and no lines until the next change. */
  clear() {
    if (!this.changes.size) return
    this.changes = new Map()
    this.repaint()
  }

  close() {
    cancelAnimationFrame(this.asked)
  }
}
