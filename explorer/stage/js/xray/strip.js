// The film of a call: one small picture for each name that it sets. A click goes there.

import { css } from "../core/colour.js"
import { element, penOf, setText } from "../core/dom.js"
import { scaleOf } from "../core/ranges.js"
import { cellWindow, condense, paintPixels } from "../core/raster.js"
import { firstSelection, slicesOf } from "../core/slices.js"
import { wholeView } from "../core/view.js"
import { turns } from "./navigate.js"

const WIDTH = 58
const HEIGHT = 36

/**
 * @typedef {object} Thumb @property {HTMLElement} node @property {HTMLCanvasElement} canvas @property {HTMLElement} shape
 * @property {number[]} all steps at its place @property {number} at the one that is shown
 * @property {number} array what it shows, or -1 @property {number} drawn what it showed when it was drawn
 */

export class Strip {
  // @ts-expect-error: the first update() sets it, and nothing asks for it before
  /** @type {import("./message.js").Frame} */ frame

  /** @param {import("./xray.js").XRay} xray */
  constructor(xray) {
    this.xray = xray
    this.list = element("div", { class: "film" })
    this.root = element("div", { class: "strip", role: "group" }, this.list)
    /** @type {import("./message.js").Model|null} */
    this.model = null
    this.dark = false
    /** @type {Thumb[]} */
    this.thumbs = []
    /** @type {[number, number][]|null} where each begins and ends */
    this.places = null
    this.followed = -1
    this.scrolled = 0
    this.root.onscroll = () => {
      this.scrolled = this.root.scrollLeft
    }
  }

  update() {
    const { xray } = this
    this.root.setAttribute("aria-label", xray.words("xray.strip"))
    if (this.model !== xray.model || this.frame !== xray.frame || this.dark !== xray.theme.dark) this.build()
    for (const thumb of this.thumbs) this.updateThumb(thumb)
  }

  /** Scroll to the current picture. */
  follow() {
    const at = this.thumbs.findIndex(({ node }) => node.classList.contains("now"))
    if (at < 0 || at === this.followed) return
    this.followed = at
    // Measured once for a film: to ask the browser after each step would make it lay out the whole page.
    this.places ??= this.thumbs.map(({ node }) => [node.offsetLeft, node.offsetLeft + node.offsetWidth])
    const [left, right] = this.places[at]
    if (left < this.scrolled || right > this.scrolled + this.xray.width)
      this.root.scrollLeft = left - this.xray.width / 2
  }

  /** One for each place that sets a name, and one for the last value, which is what the call returns. */
  build() {
    const { xray } = this
    this.model = xray.model
    this.frame = xray.frame
    this.dark = xray.theme.dark
    const { steps } = this.frame
    const sites = [
      ...new Set(
        steps.flatMap(({ site }, at) => (xray.model.sites[site].target || at === steps.length - 1 ? [site] : [])),
      ),
    ]
    this.thumbs = sites.map((site) => {
      const all = turns(xray.model, { frame: this.frame.number, step: steps.findIndex((step) => step.site === site) })
      const canvas = element("canvas", { "aria-hidden": "true" })
      const name = element("b", {}, xray.model.sites[site].target || xray.words("xray.returned"))
      const shape = element("span")
      const node = element("button", { type: "button", class: "thumb", tabindex: "-1" }, canvas, name, shape)
      const thumb = { node, canvas, shape, all, at: all[0], array: -1, drawn: -1 }
      node.onclick = () => {
        if (xray.playing) xray.pause()
        xray.goTo({ frame: xray.position.frame, step: thumb.at })
      }
      node.onpointerenter = () => xray.light(thumb.array, site)
      node.onpointerleave = () => xray.light(-1, -1)
      return thumb
    })
    this.list.replaceChildren(...this.thumbs.map(({ node }) => node))
    this.root.hidden = this.thumbs.length < 2
    this.places = null
    this.followed = -1
  }

  /** @param {Thumb} thumb */
  updateThumb(thumb) {
    const { xray } = this
    const { step } = xray.position
    thumb.at = thumb.all.findLast((at) => at <= step) ?? thumb.all[0]
    const [value] = this.frame.steps[thumb.at].values
    thumb.node.classList.toggle("now", thumb.at === step)
    thumb.node.classList.toggle("ahead", thumb.at > step)
    if (thumb.at === step) thumb.node.setAttribute("aria-current", "step")
    else thumb.node.removeAttribute("aria-current")
    thumb.array = value === undefined ? -1 : xray.model.known(value).array
    if (thumb.drawn === thumb.array) return
    thumb.drawn = thumb.array
    setText(thumb.shape, value === undefined ? "" : xray.model.known(value).shape.join("×") || xray.words("scalar"))
    this.paint(thumb.canvas, value === undefined ? null : xray.model.tensor(value))
  }

  /**
   * The first slice in colours; nothing is written into it.
   * @param {HTMLCanvasElement} canvas @param {import("../core/unpack.js").Tensor|null} tensor
   */
  paint(canvas, tensor) {
    const { theme } = this.xray
    const ratio = window.devicePixelRatio || 1
    Object.assign(canvas, { width: WIDTH * ratio, height: HEIGHT * ratio })
    canvas.style.width = `${WIDTH}px`
    canvas.style.height = `${HEIGHT}px`
    const context = penOf(canvas)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const scale = tensor && scaleOf(tensor, { dark: theme.dark })
    if (!scale || !tensor?.numbers || !tensor.statistics.cells) {
      context.strokeStyle = theme.muted
      context.setLineDash([3, 3])
      context.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1)
      return
    }
    const selection = firstSelection(tensor)
    const [slice] = slicesOf(tensor.grid, selection)
    const cell = Math.min(WIDTH / slice.columns, HEIGHT / slice.rows)
    const width = Math.max(3, Math.min(WIDTH, slice.columns * Math.min(Math.max(cell, 2), 14)))
    const height = Math.max(3, Math.min(HEIGHT, slice.rows * Math.min(Math.max(cell, 2), 14)))
    const window_ = cellWindow(wholeView(slice.rows, slice.columns), slice.rows, slice.columns)
    const [across, down] = [
      Math.min(slice.columns, Math.round(width * ratio)),
      Math.min(slice.rows, Math.round(height * ratio)),
    ]
    const image = new ImageData(across, down)
    paintPixels(condense(tensor.numbers, slice, window_, across, down), scale, theme.other, image.data)
    const small = new OffscreenCanvas(across, down)
    small.getContext("2d")?.putImageData(image, 0, 0)
    context.imageSmoothingEnabled = false
    const [x, y] = [(WIDTH - width) / 2, (HEIGHT - height) / 2]
    context.drawImage(small, x, y, width, height)
    context.strokeStyle = css(theme.other)
    context.globalAlpha = 0.5
    context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1)
  }

  /** @param {number} array */
  light(array) {
    for (const { node, array: own } of this.thumbs) node.classList.toggle("lit", array >= 0 && own === array)
  }
}
