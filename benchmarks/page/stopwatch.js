// Runs inside the measured page. `change` presses a key in a number's field and tells how many milliseconds later
// the new picture stood on the screen. Every kind of app is measured by the same clock and to the same moment: the beginning
// of the frame after the one that shows it, for then the browser has handed that one over.
//
// A kind of app says where it changes (`roots`), when it shows what was asked for (`shows`), and whether it draws inside
// an animation frame (the stage does: its mark is set in the frame that it paints) or before one (React does).

/**
 * @typedef {{shape?: string, text?: string, count?: number}} Wanted
 * @typedef {object} Kind of app
 * @property {boolean} [inFrame] @property {() => void} [start]
 * @property {() => Node[]} roots @property {(wanted: Wanted) => boolean} shows
 */

window.stopwatch = (() => {
  /** @param {string} selector @param {ParentNode} [root] @returns {HTMLElement|null} */
  const find = (selector, root = document) => {
    /** @type {HTMLElement|null} */
    const found = root.querySelector(selector)
    if (found) return found
    for (const node of root.querySelectorAll("*")) {
      const deeper = node.shadowRoot && find(selector, node.shadowRoot)
      if (deeper) return deeper
    }
    return null
  }

  /** @type {HTMLElement|null} */
  let node = null
  /** @type {string|undefined} */
  let before
  const root = () => node?.getRootNode() ?? document

  /** @type {Record<string, Kind>} */
  const kinds = {
    stage: {
      inFrame: true,
      start() {
        node = find("[data-testid=flow]")
        before = node?.dataset.painted
      },
      roots() {
        return [root()]
      },
      shows({ shape }) {
        const stage = find("[data-testid=flow]", /** @type {Document|ShadowRoot} */ (root()))
        if (!stage || stage.dataset.painted === undefined) return false
        if (stage === node && stage.dataset.painted === before) return false
        return !shape || stage.dataset.shape === shape
      },
    },
    text: {
      roots() {
        return [document.body]
      },
      shows({ text }) {
        return document.querySelector("[data-testid=stText]")?.textContent.trim() === text
      },
    },
    plots: {
      roots() {
        return [document.body]
      },
      shows({ text = "", count }) {
        const plots = [...document.querySelectorAll(".js-plotly-plot")]
        return (
          plots.length === count
          && plots.every(
            (plot) =>
              plot.querySelector(".gtitle")?.textContent.endsWith(text)
              && [...plot.querySelectorAll(".heatmaplayer image")].some(
                (image) => image instanceof SVGImageElement && image.href.baseVal,
              ),
          )
        )
      },
    },
  }

  /** Milliseconds after the key at which the change was sent, and at which the last message came before it was shown. */
  const marks = { sent: 0, received: 0 }
  let began = 0
  window.WebSocket = class extends WebSocket {
    /** @param {[url: string | URL, protocols?: string | string[]]} given */
    constructor(...given) {
      super(...given)
      this.addEventListener("message", () => {
        if (began) marks.received = performance.now() - began
      })
    }

    /** @param {Parameters<WebSocket["send"]>[0]} data */
    send(data) {
      if (began && !marks.sent) marks.sent = performance.now() - began
      super.send(data)
    }
  }

  const OPTIONS = { subtree: true, childList: true, characterData: true, attributes: true }

  /**
   * Press a key in a field, and give the milliseconds until what is wanted is painted.
   * @param {{kind: string, field: string, key: string, limit: number} & Wanted} task @returns {Promise<number>}
   */
  function change({ kind, field, key, limit, ...wanted }) {
    const app = kinds[kind]
    app.start?.()
    const input = document.querySelector(field)
    if (!input) throw new Error(`there is no ${field}`)
    return new Promise((resolve, reject) => {
      const observer = new MutationObserver(() => {
        if (!app.shows(wanted)) return
        observer.disconnect()
        clearTimeout(timer)
        const from = began
        began = 0
        const nextFrame = () => requestAnimationFrame(() => resolve(performance.now() - from))
        if (app.inFrame) nextFrame()
        else requestAnimationFrame(nextFrame)
      })
      const timer = setTimeout(() => {
        observer.disconnect()
        reject(new Error(`${kind}: ${JSON.stringify(wanted)} was not painted within ${limit} ms`))
      }, limit)
      for (const root of app.roots()) observer.observe(root, OPTIONS)
      marks.sent = 0
      began = performance.now()
      input.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true }))
    })
  }

  return { change, find, marks }
})()
