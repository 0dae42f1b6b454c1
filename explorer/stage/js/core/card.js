// One tensor on the stage: title, shape, slices, picture, scale, readout, statistics, tools, table.

import { sameCell } from "../trail/bus.js"
import { changeLine, changeText } from "./changes.js"
import { element, onceAFrame, setText } from "./dom.js"
import { Editor } from "./editor.js"
import { countText, figureText } from "./format.js"
import { cellRectangle, clampCell } from "./hit.js"
import { Picture } from "./picture.js"
import { listen } from "./pointer.js"
import { ends, figures, infinite, note, readCell, shapeLine, summary } from "./reading.js"
import { countOutside, ScaleBar } from "./scalebar.js"
import { SliceBar } from "./slicebar.js"
import { tables } from "./table.js"
import { Tools } from "./tools.js"

const PADDING = 2 * 15
const FURNITURE = 215

/**
 * @import { CardState, Ground } from "../types.js" @import { Cell } from "./hit.js"
 * @import { Scale } from "./colour.js" @import { Tensor } from "./unpack.js"
 */

let cards = 0

/** Nothing chosen yet: the first data fill it. @returns {CardState} */
export function newState() {
  return /** @type {CardState} */ ({})
}

export class Card {
  // @ts-expect-error: the first update() sets it, and nothing asks for it before
  /** @type {Tensor} */ tensor

  /** @param {CardState} state what survives a change of data @param {Ground} stage */
  constructor(state, stage) {
    this.state = state
    this.stage = stage
    /** @type {Editor|null} */
    this.editor = null
    this.shownFigures = ""
    cards += 1
    const id = `tensor-${cards}`
    this.picture = new Picture(this)
    this.scaleBar = new ScaleBar()
    this.sliceBar = new SliceBar(this)
    this.tools = new Tools(this)
    this.name = element("h3", { id: `${id}-name` })
    this.chip = element("span", { class: "chip" })
    this.mark = element("span", { class: "chip mark" })
    this.shape = element("p", { class: "shape" })
    this.help = element("p", { class: "help" })
    this.note = element("p", { class: "note" })
    this.changed = element("p", { class: "changed", "data-changed": "" })
    this.value = element("span", { class: "value" })
    this.where = element("span", { class: "where" })
    this.readout = element(
      "p",
      { class: "readout", "data-readout": "", "aria-live": "off" },
      this.value,
      this.where,
      this.scaleBar.caption,
    )
    this.stats = element("dl", { class: "stats" })
    this.table = element("div", { class: "table", hidden: true, tabindex: "0", role: "region" })
    this.summary = element("p", { class: "hidden", id: `${id}-summary` })
    this.root = element(
      "article",
      { class: "card", "aria-labelledby": `${id}-name` },
      element("header", {}, this.name, this.chip, this.mark),
      this.shape,
      this.summary,
      this.picture.root,
      this.readout,
      this.scaleBar.root,
      this.sliceBar.root,
      this.stats,
      this.changed,
      this.help,
      this.note,
      this.tools.root,
      this.table,
    )
    this.picture.overlay.setAttribute("aria-describedby", `${id}-summary`)
    this.showPoint = onceAFrame(() => this.updateReadout())
    listen(this)
  }

  get theme() {
    return this.stage.theme
  }
  get words() {
    return this.stage.words
  }
  get options() {
    return this.stage.options
  }
  /** Of the touched cell, where cells can be touched. */
  get bus() {
    return this.stage.bus
  }
  get shared() {
    return (this.options.scale ?? "own") === "own" ? undefined : this.stage.ends.get(this.tensor.id)
  }
  get groupName() {
    return this.words(`column.${this.tensor.role === "mask" ? "input" : this.tensor.role}`)
  }
  /** How strongly each cell counts for the cell that was touched; undefined without one. */
  get trail() {
    const found = this.tensor.whole ? this.bus?.answer?.weights.get(this.tensor.id) : undefined
    return found?.weights.length === this.tensor.values.length ? found : undefined
  }
  /** The touched cell and the one that the arithmetic points at, where they are on this picture. */
  get pins() {
    const { bus } = this
    if (!bus || !this.tensor.whole) return []
    return [bus.pinned, bus.pointed].flatMap((cell, at) =>
      cell?.tensor === this.tensor.id
        ? this.picture.cellsAt(cell.index).map((place) => ({ place, pinned: at === 0 }))
        : [],
    )
  }
  /** The cells that were compared for the touched number, the largest taken: where they are drawn. */
  get window() {
    if (!this.tensor.whole) return []
    return (this.bus?.answer?.arithmetic?.window?.[this.tensor.id] ?? []).flatMap((index) =>
      this.picture.cellsAt(index),
    )
  }
  /** What differs from the picture before; undefined where nothing does. */
  get change() {
    return this.stage.flash?.of(this.tensor.id)
  }
  get editable() {
    return this.tensor.whole && (this.options.editable ?? []).includes(this.tensor.id)
  }

  /** @param {Tensor} tensor */
  update(tensor) {
    const before = this.tensor
    this.tensor = tensor
    this.picture.update()
    if (this.editor && before.shape.join() !== tensor.shape.join()) this.editor.close()
    const { cursor } = this.state
    if (cursor) this.state.cursor = this.picture.empty ? null : this.clamped(cursor)
    this.describe()
    this.refresh()
  }

  /** @param {Cell} cell */
  clamped(cell) {
    return clampCell(cell, this.picture.rows, this.picture.columns, this.picture.slices.length)
  }

  /** The texts that follow from the tensor alone. */
  describe() {
    const { tensor, words } = this
    const { minimum, maximum } = ends(tensor)
    const { mean, zeros, nan } = tensor.statistics
    Object.assign(this.root.dataset, {
      [this.stage.marker ?? "tensor"]: tensor.id,
      role: tensor.role,
      shape: tensor.shape.join(","),
      min: minimum,
      max: maximum,
      mean: mean ?? "",
      zeros,
      nan,
      inf: infinite(tensor),
    })
    setText(this.name, tensor.name)
    setText(this.chip, words(`role.${tensor.role}`))
    this.mark.hidden = tensor.trainable === null || tensor.trainable === undefined
    this.mark.classList.toggle("frozen", tensor.trainable === false)
    setText(this.mark, words(tensor.trainable ? "trainable" : "frozen"))
    this.shape.replaceChildren(element("strong", {}, shapeLine(tensor, words)), ` ${tensor.dtype}`)
    setText(this.help, tensor.help ? words(tensor.help) : "")
    setText(this.note, note(tensor, words))
    const told = [summary(tensor, words), words("readout.hint"), this.editable && words("editable")]
    setText(this.summary, told.filter(Boolean).join(" "))
    this.picture.overlay.setAttribute("aria-label", words("grid", { name: tensor.name }))
    this.picture.overlay.setAttribute("aria-roledescription", words("grid.role"))
    this.table.setAttribute("aria-label", `${words("table")}: ${tensor.name}`)
    this.root.classList.toggle("editable", this.editable)
  }

  /** Statistics, and how many cells lie outside the scale that is drawn. @param {Scale|null} scale */
  showFigures(scale) {
    const outside = countOutside(this.tensor, scale)
    const facts = this.figures()
    if (outside) facts.push(["outside", countText(outside)])
    if (this.tensor.initializer) facts.push(["initializer", this.tensor.initializer])
    const key = facts.map(([label, text]) => this.words(label) + text).join()
    if (key === this.shownFigures) return
    this.shownFigures = key
    this.stats.replaceChildren(
      ...facts.map(([label, text]) =>
        element("div", { class: "figure" }, element("dt", {}, this.words(label)), element("dd", {}, text)),
      ),
    )
  }

  figures() {
    const { statistics } = this.tensor
    if (statistics.minimum === null && !statistics.nan && !infinite(this.tensor))
      return [["cells", countText(statistics.cells)]]
    const counts = [
      ["zeros", countText(statistics.zeros)],
      ["nan", countText(statistics.nan)],
    ]
    if (infinite(this.tensor)) counts.push(["infinite", countText(infinite(this.tensor))])
    return [...(statistics.minimum === null ? [] : figures(this.tensor)), ...counts]
  }

  /** What follows from the tensor and the reader's choices. */
  refresh() {
    this.sliceBar.update()
    this.tools.update()
    setText(this.changed, changeLine(this.change, this.words))
    this.updateReadout()
    this.showTable()
  }

  showTable() {
    this.table.hidden = !this.state.table || this.picture.empty
    if (!this.table.hidden) this.table.replaceChildren(...tables(this))
  }

  get wantedWidth() {
    return Math.ceil(this.picture.wantedWidth) + PADDING
  }

  /** A guess of the card's height, good enough to balance columns. @param {number} width */
  expectedHeight(width) {
    return this.picture.arrange(width - PADDING) + FURNITURE
  }

  /** @param {number} width */
  arrange(width) {
    this.picture.arrange(width - PADDING)
    this.editor?.place()
  }

  paint() {
    this.picture.paint()
    const scale = (!this.picture.empty && this.picture.drawn?.scale) || null
    this.scaleBar.update(this, scale)
    this.showFigures(scale)
    this.updateReadout()
  }

  /** @param {Cell} cell */
  read(cell) {
    return readCell(
      this.tensor,
      this.state.selection,
      this.picture.slices,
      cell,
      this.words,
      this.picture.trueColourAxis(),
    )
  }

  /**
   * Point at a cell: the pointer hovers, the keyboard moves the cursor.
   * @param {Cell|null} cell @param {boolean} keyboard
   */
  point(cell, keyboard) {
    const { state } = this
    if (keyboard) state.cursor = cell
    const before = state.hover
    state.hover = keyboard ? null : cell
    if (!keyboard && before?.row === cell?.row && before?.column === cell?.column && before?.facet === cell?.facet)
      return
    this.readout.setAttribute("aria-live", keyboard ? "polite" : "off")
    this.picture.repaintOverlay()
    this.showPoint()
  }

  updateReadout() {
    const { state, words } = this
    const cell = state.hover ?? state.cursor
    this.readout.classList.toggle("idle", !cell)
    if (this.picture.empty || !cell || !this.picture.slices[cell.facet]) {
      setText(this.value, "")
      setText(this.where, "")
      this.scaleBar.point(NaN)
      return
    }
    const { text, where, place, offset, index } = this.read(cell)
    const edited = (this.options.edited?.[this.tensor.id] ?? []).some((one) => one.join() === index.join())
    const masked = this.picture.drawn?.masked(this.picture.slices[cell.facet], cell.row, cell.column)
    setText(this.value, text)
    const changed = this.picture.trueColourAxis() < 0 && changeText(this.change, this.tensor, offset, words)
    const told = [
      where,
      changed,
      place,
      edited && words("readout.edited"),
      this.changes(index) && words("readout.change"),
      masked && words("readout.masked"),
      this.trailText(offset),
    ]
    setText(this.where, told.filter(Boolean).join(" · "))
    this.scaleBar.point(this.tensor.numbers ? Number(this.tensor.numbers[offset]) : NaN)
  }

  /** Whether the next click or Enter on a cell changes it. @param {number[]} index */
  changes(index) {
    const pinned = this.bus?.pinned ?? null
    return this.editable && this.picture.trueColourAxis() < 0 && sameCell(pinned, { tensor: this.tensor.id, index })
  }

  /** @param {number} offset */
  trailText(offset) {
    const strength = this.trail?.weights[offset]
    if (strength === undefined) return ""
    return strength ? this.words("trail.counts", { strength: figureText(strength) }) : this.words("trail.none")
  }

  /**
   * A click, or Enter: ask where the cell's number came from; of the cell that is asked about already: change it.
   * @param {Cell} cell
   */
  pick(cell) {
    this.point(cell, true)
    const asked = { tensor: this.tensor.id, index: this.read(cell).index }
    const bus = this.tensor.whole ? this.bus : undefined
    if (!bus || sameCell(asked, bus.pinned)) this.edit(cell)
    else bus.touch(asked)
  }

  /**
   * Change a cell, where cells can be changed.
   * @param {Cell} cell @param {string} [typed] what the reader began to type
   */
  edit(cell, typed = "") {
    if (!this.editable || this.picture.trueColourAxis() >= 0) return false
    this.editor?.close()
    const { tensor, picture, words } = this
    const { index } = this.read(cell)
    this.editor = new Editor(picture.root, {
      name: tensor.name,
      index,
      dtype: tensor.dtype,
      value: tensor.values[picture.offset(cell)],
      typed,
      words,
      place: () => this.middleOf(cell),
      trial: this.stage.trial?.(tensor.id, picture.offset(cell)),
      commit: (value) => this.stage.commit?.(tensor.id, index, value),
      closed: () => {
        this.editor = null
        picture.overlay.focus()
      },
    })
    return true
  }

  /** Where a cell is drawn; null where it is not. @param {Cell} cell */
  middleOf(cell) {
    const { layout } = this.picture
    if (!layout?.plots[cell.facet]) return null
    const { x, y, width, height } = cellRectangle(cell, layout.plots[cell.facet], this.state.view)
    return { x: x + width / 2, y: y + height / 2, width, within: layout.width }
  }

  /** The touched cell is another one: show the slice it lies on. */
  trailChanged() {
    const pinned = this.bus?.pinned
    if (pinned?.tensor === this.tensor.id && this.tensor.whole && this.picture.reveal(pinned.index))
      this.selectionChanged()
    this.picture.repaintOverlay()
    this.updateReadout()
    this.showTable()
  }

  zoomChanged() {
    this.editor?.place()
    this.picture.repaint()
    this.tools.update()
  }

  selectionChanged() {
    this.picture.select()
    if (this.state.cursor) this.state.cursor = this.clamped(this.state.cursor)
    this.state.hover = null
    this.editor?.close()
    this.refresh()
    this.stage.relayout()
  }

  toggleTable() {
    this.state.table = !this.state.table
    this.refresh()
  }

  toggleTrueColour() {
    this.state.trueColour = this.state.trueColour === false
    this.state.selection = this.picture.firstSelection()
    this.selectionChanged()
  }

  toggleLimit() {
    this.state.limited = !this.state.limited
    this.tools.update()
    this.stage.relayout()
  }
}
