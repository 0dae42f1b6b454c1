// Attention, running: scores become shares, shares become ribbons, the ribbons become the context. A bar can be dragged:
// its score moves between -1 and 1, as tanh would have it, and all that follows is computed again as the layer does it.

import { draw, fillOf, inkOf, make, print, topOf } from "./cells.js"

/**
 * @typedef {object} Sample what a run recorded of one sample
 * @property {number[][]} x @property {number[]} scores @property {number[]} alpha @property {number[][]} weighted
 * @property {number[]} output
 *
 * @typedef {{product: string, title: string, says: string, play: string, pause: string, open: string, sample: string, back: string, waiting: string, slider: string, value: string, thick: string, picture: string}} Labels
 * @typedef {{href: string, samples: Sample[], weight: number[], labels: Labels}} Data
 *
 * @typedef {object} Bar what is drawn of one step
 * @property {SVGElement} score @property {SVGElement} scoreText @property {SVGElement} touched @property {SVGElement} bar
 * @property {SVGElement} share @property {SVGElement} slider @property {SVGElement} ribbon
 * @property {SVGElement[]} cells of `x` @property {SVGElement[]} texts @property {SVGElement[]} products
 * @property {SVGElement[]} productTexts
 *
 * @typedef {object} Places where the columns lie
 * @property {boolean} wide whether everything is drawn, or only what the bars do @property {number} unit of a cell
 * @property {number} middle @property {number} top @property {number} x @property {number} scores
 * @property {number} bars where they begin @property {number} long a bar at most @property {number} weighted
 * @property {number} ribbons where they begin @property {number} trunk where they join @property {number} output
 */

/** The steps of the story: scores, softmax, product, sum. */
const STOPS = 4
/** Milliseconds of a step, and of the rest after it. */
const STOP = 1200
const REST = 450
/** The share at which a bar is as long as it can be; a score in [-1, 1] cannot give one of five steps more. */
const FULL = 0.65
/** From this width on there is room for every column. */
const WIDE = 880
/** How far the keys move a score. */
const KEYS = {
  ArrowRight: 0.1,
  ArrowUp: 0.1,
  ArrowLeft: -0.1,
  ArrowDown: -0.1,
  PageUp: 0.5,
  PageDown: -0.5,
  Home: -2,
  End: 2,
}

/** What the layer does with scores: softmax, a product, a sum. @param {number[][]} x @param {number[]} scores */
export function attend(x, scores) {
  const { powers, total } = powersOf(scores)
  const alpha = powers.map((power) => power / total)
  const weighted = x.map((step, at) => step.map((value) => value * alpha[at]))
  const output = x[0].map((_, feature) => weighted.reduce((sum, step) => sum + step[feature], 0))
  return { alpha, weighted, output }
}

/** @param {number[]} scores */
function powersOf(scores) {
  const largest = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - largest))
  return { powers, total: powers.reduce((sum, power) => sum + power, 0) }
}

/** Slow at the end. @param {number} t */
function ease(t) {
  return t <= 0 ? 0 : t >= 1 ? 1 : 1 - (1 - t) ** 3
}

class Hero {
  /** @param {HTMLElement} root @param {Data} data @param {() => void} open */
  constructor(root, data, open) {
    this.root = root
    this.data = data
    this.open = open
    this.sample = 0
    /** @type {number[]|null} scores that the reader has moved */
    this.moved = null
    this.time = STOPS
    this.playing = false
    this.frame = 0
    this.last = 0
    /** @type {Bar[]} */
    this.bars = []
    this.stage = make("div", "stage")
    this.picture = draw("svg")
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches
    this.drawWords()
    this.watch = new ResizeObserver(() => this.build())
    this.watch.observe(this.stage)
    if (data.samples.length && !this.still) this.play()
  }

  /** Stop all that goes on. */
  end() {
    this.watch.disconnect()
    cancelAnimationFrame(this.frame)
  }

  get recorded() {
    return this.data.samples[this.sample]
  }

  /** What is shown: what was recorded, or what follows from moved scores. */
  get shown() {
    const { recorded, moved } = this
    return moved ? { ...recorded, scores: moved, ...attend(recorded.x, moved) } : recorded
  }

  drawWords() {
    const { labels, href, samples } = this.data
    const ready = samples.length > 0
    this.button = make("button", "play")
    this.button.type = "button"
    this.button.disabled = !ready
    this.button.onclick = () => (this.playing ? this.pause() : this.play())
    const link = make("a", "open", labels.open)
    link.href = href
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
      event.preventDefault()
      this.open()
    }
    this.choices = samples.map((_, number) => {
      const choice = make("button", "", labels.sample.replace("{number}", String(number + 1)))
      choice.type = "button"
      choice.onclick = () => this.choose(number)
      return choice
    })
    this.back = make("button", "back", labels.back)
    this.back.type = "button"
    this.back.onclick = () => this.choose(this.sample)
    if (!ready) this.stage.append(make("div", "waiting", labels.waiting))
    this.root.replaceChildren(
      make("div", "words", "", [
        make("p", "product", labels.product),
        make("h1", "", labels.title),
        make("p", "says", labels.says),
        make("div", "do", "", [this.button, link]),
        make("div", "more", "", [...this.choices, this.back]),
      ]),
      this.stage,
    )
    this.tell()
  }

  /** What the buttons say. */
  tell() {
    const { labels } = this.data
    if (!this.button || !this.choices || !this.back) return
    this.button.textContent = this.playing ? `❚❚ ${labels.pause}` : `▶ ${labels.play}`
    this.choices.forEach((choice, number) => {
      choice.setAttribute("aria-pressed", String(number === this.sample))
    })
    this.back.hidden = !this.moved
  }

  /** Show a sample as it was recorded. @param {number} number */
  choose(number) {
    Object.assign(this, { sample: number, moved: null, time: STOPS })
    this.pause()
  }

  play() {
    if (this.time >= STOPS || this.moved) Object.assign(this, { time: 0, moved: null })
    this.playing = true
    this.last = performance.now()
    this.tell()
    this.update()
    this.frame = requestAnimationFrame((now) => this.tick(now))
  }

  pause() {
    this.playing = false
    cancelAnimationFrame(this.frame)
    this.tell()
    this.update()
  }

  /** @param {number} now */
  tick(now) {
    if (!this.playing || !this.root.isConnected) return
    this.time += Math.min(100, now - this.last) / (STOP + REST)
    this.last = now
    if (this.time >= STOPS + 1) {
      // after a pause on the whole picture the next sample, and at the end the first one again
      const next = (this.sample + 1) % this.data.samples.length
      Object.assign(this, { sample: next, time: next ? 0 : STOPS })
      if (!next) return this.pause()
      this.tell()
    }
    this.update()
    this.frame = requestAnimationFrame((later) => this.tick(later))
  }

  /** How far a step of the story has come, 0 to 1. @param {number} stop */
  progress(stop) {
    if (this.still) return this.time > stop ? 1 : 0
    return Math.min(1, Math.max(0, ((this.time - stop) * (STOP + REST)) / STOP))
  }

  /** Move a score. @param {number} step @param {number} score */
  move(step, score) {
    const scores = [...this.shown.scores]
    scores[step] = Math.min(1, Math.max(-1, score))
    Object.assign(this, { moved: scores, time: STOPS })
    this.pause()
  }

  /** The score at which a bar ends where the pointer is. @param {number} step @param {number} share */
  scoreFor(step, share) {
    const others = this.shown.scores.reduce((sum, score, at) => (at === step ? sum : sum + Math.exp(score)), 0)
    const within = Math.min(0.99, Math.max(0.001, share))
    return Math.log((within / (1 - within)) * others)
  }

  /** @returns {Places} */
  places() {
    const width = this.stage?.clientWidth ?? WIDE
    if (width < WIDE) {
      const unit = Math.min(52, Math.max(34, (width - 110) / 6.7))
      const long = unit * 2.5
      const left = Math.max(0, (width - unit * 6.7 - 110) / 2)
      const bars = left + unit * 1.1
      const ribbons = bars + long + 6
      return {
        wide: false, unit, middle: 190, top: 190 - unit * 2.5, x: 0, scores: 0, bars, long, weighted: 0, ribbons,
        trunk: ribbons + 74, output: width - left - unit * 3,
      } // biome-ignore format: several a line
    }
    const unit = Math.min(52, (width - 436) / 13.8)
    const spare = (width - 436 - unit * 13.8) / 4
    const scores = unit * 3 + 160 + spare
    const bars = scores + unit * 1.2 + 92 + spare + unit
    const weighted = bars + unit * 2.6 + 52 + spare
    const ribbons = weighted + unit * 3 + 2
    return {
      wide: true, unit, middle: 196, top: 196 - unit * 2.5, x: 1, scores, bars, long: unit * 2.6, weighted, ribbons,
      trunk: ribbons + 92 + spare, output: width - unit * 3 - 1,
    } // biome-ignore format: several a line
  }

  /** Lay the picture out anew. */
  build() {
    const { stage } = this
    if (!this.data.samples.length || !stage?.clientWidth) return
    const held = this.bars.findIndex(({ slider }) => slider === /** @type {any} */ (stage.getRootNode()).activeElement)
    const at = this.places()
    this.at = at
    const last = at.top + at.unit * this.recorded.alpha.length
    stage.style.height = `${last + (at.wide ? 56 : 40)}px`
    const picture = draw("svg", { role: "group", "aria-label": this.data.labels.picture })
    picture.style.setProperty("--number", `${Math.min(13, at.unit * 0.32)}px`)
    this.picture = picture
    if (at.wide) this.drawMain(at)
    this.drawHead("alpha", at.bars + at.long / 2, at.top, `${this.recorded.alpha.length}`)
    this.drawHead("output", at.output + at.unit * 1.5, at.middle - at.unit / 2, `${this.recorded.output.length}`)
    this.picture.append(
      draw("line", {
        class: "base",
        x1: at.bars,
        x2: at.bars,
        y1: at.top - 2,
        y2: at.top + at.unit * this.recorded.alpha.length + 2,
      }),
    )
    this.bars = this.recorded.alpha.map((_, step) => this.drawStep(at, step))
    this.sum = draw("text", {
      class: "note",
      "data-sum": "",
      x: at.bars + at.long / 2,
      y: at.top + at.unit * this.recorded.alpha.length + 20,
    })
    this.trunk = draw("path")
    this.thick = draw(
      "text",
      { class: "note", x: (at.ribbons + at.trunk) / 2 + 8, y: at.top - 14 },
      this.data.labels.thick,
    )
    this.picture.append(this.trunk, this.sum, this.thick)
    this.drawSign("Σ", at.trunk + 16, at.middle, 13)
    this.ghost = draw("rect", {
      class: "ghost",
      x: at.output + 1,
      y: at.middle - at.unit / 2 + 1,
      width: at.unit * 3 - 3,
      height: at.unit - 3,
    })
    this.picture.append(this.ghost)
    this.outputs = this.drawRow(at.output, at.middle - at.unit / 2, this.recorded.output.length, at.unit, "output")
    for (const { slider } of this.bars) this.picture.append(slider) // above all, to be grasped
    stage.replaceChildren(picture)
    this.bars[held]?.slider.focus()
    this.update()
  }

  /** What is drawn once, and only where there is room: x, its weight, the signs and wires. @param {Places} at */
  drawMain(at) {
    const { x, output } = this.recorded
    const { unit, middle, top } = at
    const bottom = top + unit * x.length
    this.drawHead("x", at.x + unit * 1.5, top, `${x.length}×${output.length}`)
    this.drawHead("scores", at.scores + unit * 0.6, top, `${x.length}`)
    this.drawHead("weighted", at.weighted + unit * 1.5, top, `${x.length}×${output.length}`)
    const between = (at.x + unit * 3 + at.scores) / 2
    const [wide, high] = [44, 27]
    const least = middle - 44 - high * this.data.weight.length
    this.drawHead("attention_weight", between, least, `${this.data.weight.length}×1`)
    const full = topOf(this.data.weight)
    this.data.weight.forEach((value, row) => {
      this.drawCell(between - wide / 2, least + row * high, wide, high, value, full)
    })
    this.drawWire(`M ${between} ${middle - 42} V ${middle - 21}`, between, middle - 18, 90)
    this.drawArrow(at.x + unit * 3 + 4, between - 57, middle)
    this.drawSign("tanh(x · W + b)", between, middle, 56)
    this.drawArrow(between + 56, at.scores - 3, middle)
    const softmax = (at.scores + unit * 1.2 + at.bars - unit) / 2
    this.drawArrow(at.scores + unit * 1.2 + 4, softmax - 38, middle)
    this.drawSign("softmax", softmax, middle, 38)
    const times = (at.bars + at.long + at.weighted) / 2
    this.drawSign("×", times, middle, 13)
    this.drawArrow(times + 13, at.weighted - 3, middle)
    const low = bottom + 38
    this.drawWire(
      `M ${at.x + unit * 1.5} ${bottom + 4} V ${low - 8} q 0 8 8 8 H ${times - 8} q 8 0 8 -8 V ${middle + 17}`,
      times,
      middle + 14,
      -90,
    )
  }

  /** @param {string} name @param {number} x @param {number} y of what it stands above @param {string} shape */
  drawHead(name, x, y, shape) {
    this.picture.append(
      draw("text", { class: "name", x, y: y - 30 }, name),
      draw("text", { class: "note", x, y: y - 13 }, shape),
    )
  }

  /** @param {string} text @param {number} x @param {number} y @param {number} half its width */
  drawSign(text, x, y, half) {
    this.picture.append(
      draw("rect", { class: "pill", x: x - half, y: y - 15, width: half * 2, height: 30, rx: 15 }),
      draw("text", { class: "sign", x, y }, text),
    )
  }

  /** @param {number} from @param {number} to @param {number} y */
  drawArrow(from, to, y) {
    this.drawWire(`M ${from} ${y} H ${to - 6}`, to, y, 0)
  }

  /** @param {string} path @param {number} x its tip @param {number} y @param {number} turn degrees */
  drawWire(path, x, y, turn) {
    const tip = draw("path", {
      class: "head",
      d: "M 0 0 L -8 -4.5 L -8 4.5 Z",
      transform: `translate(${x} ${y}) rotate(${turn})`,
    })
    this.picture.append(draw("path", { class: "wire", d: path }), tip)
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height @param {number} value @param {number} top */
  drawCell(x, y, width, height, value, top) {
    const cell = draw("rect", { x, y, width: width - 1, height: height - 1 })
    const text = draw("text", { class: "number", x: x + width / 2, y: y + height / 2 })
    paint(cell, text, value, top)
    this.picture.append(cell, text)
    return { cell, text }
  }

  /** A row of cells that are painted later. @param {number} x @param {number} y @param {number} count @param {number} unit @param {string} name */
  drawRow(x, y, count, unit, name) {
    return Array.from({ length: count }, (_, at) => {
      const made = this.drawCell(x + at * unit, y, unit, unit, 0, 1)
      made.text.setAttribute("data-cell", `${name} ${at}`)
      return made
    })
  }

  /** @param {Places} at @param {number} step @returns {Bar} */
  drawStep(at, step) {
    const { unit, wide } = at
    const y = at.top + step * unit
    const middle = y + unit / 2
    const features = this.recorded.output.length
    const x = wide ? this.drawRow(at.x, y, features, unit, `x ${step}`) : []
    if (wide) {
      this.picture.append(
        draw("rect", { class: "ghost", x: at.scores + 1, y: y + 1, width: unit * 1.2 - 3, height: unit - 3 }),
      )
      this.picture.append(
        draw("rect", { class: "ghost", x: at.weighted + 1, y: y + 1, width: unit * 3 - 3, height: unit - 3 }),
      )
    }
    const score = draw("rect", { x: at.scores, y, width: unit * 1.2 - 1, height: unit - 1 })
    const scoreText = draw("text", { class: "number", "data-score": step, x: at.scores + unit * 0.6, y: middle })
    const touched = draw("rect", {
      class: "touched",
      x: at.scores - 1,
      y: y - 1,
      width: unit * 1.2 + 1,
      height: unit + 1,
      rx: 3,
    })
    const ribbon = draw("path")
    const products = wide ? this.drawRow(at.weighted, y, features, unit, `weighted ${step}`) : []
    const bar = draw("rect", { class: "bar", x: at.bars, y: y + unit * 0.14, height: unit * 0.72, rx: 3 })
    const share = draw("text", { class: "share", "data-alpha": step, x: at.bars - 9, y: middle })
    this.picture.append(ribbon, bar, share)
    if (wide) this.picture.append(score, scoreText, touched)
    const slider = this.makeSlider(at, step, y)
    return {
      score, scoreText, touched, ribbon, bar, share, slider,
      cells: x.map(({ cell }) => cell), texts: x.map(({ text }) => text),
      products: products.map(({ cell }) => cell), productTexts: products.map(({ text }) => text),
    } // biome-ignore format: several a line
  }

  /** What is grasped of a bar. @param {Places} at @param {number} step @param {number} y */
  makeSlider(at, step, y) {
    const slider = draw("rect", {
      class: "slider", x: at.bars - at.unit, y: y + 1, width: at.unit + at.long, height: at.unit - 2, rx: 5, tabindex: 0,
      role: "slider", "aria-label": this.data.labels.slider.replace("{step}", String(step + 1)),
      "aria-valuemin": -1, "aria-valuemax": 1,
    }) // biome-ignore format: several a line
    const follow = (/** @type {PointerEvent} */ event) => {
      const left = slider.getBoundingClientRect().left + at.unit
      this.move(step, this.scoreFor(step, ((event.clientX - left) / at.long) * FULL))
    }
    slider.onpointerdown = (event) => {
      slider.setPointerCapture(event.pointerId)
      slider.focus()
      follow(event)
    }
    slider.onpointermove = (event) => {
      if (slider.hasPointerCapture(event.pointerId)) follow(event)
    }
    slider.onkeydown = (event) => {
      const by = KEYS[/** @type {keyof typeof KEYS} */ (event.key)]
      if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      event.stopPropagation()
      this.move(step, this.shown.scores[step] + by)
    }
    return slider
  }

  /** Paint what the time and the scores say. */
  update() {
    const { at, shown } = this
    if (!at || !this.bars.length) return
    const { powers, total } = powersOf(shown.scores)
    const soft = this.progress(1)
    const tops = { x: topOf(shown.x.flat()), weighted: topOf(this.recorded.weighted.flat()) }
    const flow = ease(this.progress(2))
    const high = at.unit * 2.1
    let from = at.middle - high / 2
    shown.alpha.forEach((alpha, step) => {
      const drawn = this.bars[step]
      const [came, went] = [
        ease(this.progress(0) * shown.alpha.length - step),
        ease(this.progress(2) * 2.2 - step * 0.25),
      ]
      shown.x[step].forEach((value, feature) => {
        if (!at.wide) return
        paint(drawn.cells[feature], drawn.texts[feature], value, tops.x)
        paint(drawn.products[feature], drawn.productTexts[feature], shown.weighted[step][feature], tops.weighted, went)
      })
      paint(drawn.score, drawn.scoreText, shown.scores[step], 1, came)
      drawn.touched.setAttribute("opacity", this.moved && this.moved[step] !== this.recorded.scores[step] ? "1" : "0")
      this.paintBar(drawn, alpha, powers[step], soft, at.long)
      this.paintRibbon(drawn.ribbon, at, step, alpha, from, high, flow)
      from += alpha * high
      const value = this.data.labels.value.replace("{score}", print(shown.scores[step]))
      drawn.slider.setAttribute("aria-valuenow", shown.scores[step].toFixed(2))
      drawn.slider.setAttribute("aria-valuetext", value.replace("{alpha}", print(alpha)))
    })
    const sum = shown.alpha.reduce((all, share) => all + share, 0)
    if (this.sum)
      this.sum.textContent = soft >= 0.5 ? `Σ = ${sum.toFixed(2)}` : soft > 0 ? `Σ exp = ${print(total)}` : ""
    const done = ease(this.progress(3))
    this.trunk?.setAttribute("d", trunkOf(at, high / 2))
    Object.assign(this.trunk?.style ?? {}, { fill: "var(--share1)", opacity: String(flow >= 1 ? 0.9 * done : 0) })
    this.thick?.setAttribute("opacity", String(flow))
    const top = topOf(this.recorded.output)
    this.outputs?.forEach(({ cell, text }, feature) => {
      paint(cell, text, shown.output[feature], top, done)
    })
  }

  /** First a bar is the exponential, on one scale; then it is divided by their sum. @param {Bar} drawn @param {number} alpha @param {number} power @param {number} soft @param {number} long */
  paintBar({ bar, share }, alpha, power, soft, long) {
    const divided = ease(soft * 2 - 1)
    const length = (power + (Math.min(1, alpha / FULL) - power) * divided) * ease(soft * 2)
    bar.setAttribute("width", String(Math.max(0, length * long)))
    bar.style.fill = fillOf(alpha + 0.25, 1, "share")
    share.textContent = soft <= 0 ? "" : print(soft < 0.5 ? power : alpha)
  }

  /** @param {SVGElement} ribbon @param {Places} at @param {number} step @param {number} alpha @param {number} from where it joins the trunk @param {number} high the trunk @param {number} flow */
  paintRibbon(ribbon, at, step, alpha, from, high, flow) {
    const half = (alpha * high) / 2
    const y = at.top + (step + 0.5) * at.unit
    const [x0, x1] = [at.ribbons, at.trunk + 1]
    const middle = (x0 + x1) / 2
    const to = from + half
    ribbon.setAttribute(
      "d",
      `M ${x0} ${y - half} C ${middle} ${y - half} ${middle} ${to - half} ${x1} ${to - half} V ${to + half} `
        + `C ${middle} ${to + half} ${middle} ${y + half} ${x0} ${y + half} Z`,
    )
    ribbon.style.fill = fillOf(alpha + 0.25, 1, "share")
    ribbon.style.opacity = "0.9"
    ribbon.style.clipPath = `inset(-4px ${(1 - flow) * 100}% -4px 0)`
  }
}

/** Where all ribbons are one, down to the height of the output. @param {Places} at @param {number} half of its height */
function trunkOf({ trunk, middle, unit, output }, half) {
  const [from, to, low] = [trunk + 16, output - 3, unit / 2]
  const bend = (from + to) / 2
  return (
    `M ${trunk} ${middle - half} H ${from} C ${bend} ${middle - half} ${bend} ${middle - low} ${to} ${middle - low} `
    + `V ${middle + low} C ${bend} ${middle + low} ${bend} ${middle + half} ${from} ${middle + half} H ${trunk} Z`
  )
}

/** @param {SVGElement} cell @param {SVGElement} text @param {number} value @param {number} top @param {number} [seen] 0 to 1 */
function paint(cell, text, value, top, seen = 1) {
  cell.style.fill = fillOf(value, top)
  cell.style.opacity = text.style.opacity = String(seen)
  text.style.fill = inkOf(value, top)
  text.textContent = print(value)
}

/** @type {WeakMap<Element, {hero: Hero, made: string}>} */
const heroes = new WeakMap()

/** @param {{data: [Data], parentElement: ShadowRoot, setTriggerValue(name: string, value: unknown): void}} component */
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement|null} */ (parentElement.querySelector(".hero"))
  if (!root) return
  const made = JSON.stringify(data)
  const before = heroes.get(root)
  if (before?.made === made) return
  before?.hero.end()
  heroes.set(root, { made, hero: new Hero(root, data, () => setTriggerValue("open", true)) })
}
