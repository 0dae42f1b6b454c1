// The entries of a flow outside of the app: `render` for the widget that anywidget keeps in step with Python, `page` for its
// copy, which computes by itself.

import { Board } from "./board.js"

/** @import { Bytes } from "../../stage/js/types.js" @import { Model } from "./types.js" */

/** Milliseconds after which Python is taken to be away; a cell that runs keeps it as long. */
const PATIENCE = 4000

/** What a trait of bytes holds, as anywidget hands it over. @param {unknown} value @returns {Bytes} */
function bytesOf(value) {
  if (value instanceof DataView)
    return new Uint8Array(/** @type {ArrayBuffer} */ (value.buffer), value.byteOffset, value.byteLength)
  return value instanceof Uint8Array
    ? /** @type {Bytes} */ (value)
    : new Uint8Array(/** @type {ArrayBuffer} */ (value ?? new ArrayBuffer(0)))
}

/** @param {{model: Model, el: HTMLElement}} given */
function render({ model, el }) {
  const identity = String(model.get("identity"))
  el.dataset.layerExplorerWidget = identity
  for (const copy of copiesOf(identity)) copy.dispatchEvent(new Event("layer-explorer-lives"))
  let [sent, heard] = [0, 0]
  const send = (/** @type {object} */ content) => {
    const number = ++sent
    model.send({ ...content, number })
    setTimeout(() => heard < number && board.alone(), PATIENCE)
  }
  const board = new Board(el, bytesOf(model.get("tape")), {
    ask: (touch) => send({ touch }),
    edit: (edit) => send({ edit }),
    reset: () => send({ reset: true }),
  })
  const came = () => board.show(bytesOf(model.get("flow")))
  const message = (
    /** @type {{told?: number, heard?: number, problem?: string}} */ content,
    /** @type {unknown[]} */ buffers,
  ) => {
    board.awake()
    if (content.told) board.told(bytesOf(buffers[0]))
    if (content.heard) heard = content.heard
    if (content.problem) board.refused(content.problem)
  }
  model.on("change:flow", came)
  model.on("msg:custom", message)
  came()
  return () => {
    model.off("change:flow", came)
    model.off("msg:custom", message)
    board.close()
  }
}

/** The copies of a widget on this page. @param {string} identity @returns {NodeListOf<HTMLElement>} */
function copiesOf(identity) {
  return document.querySelectorAll(`[data-layer-explorer="${CSS.escape(identity)}"]`)
}

/**
 * Draw a copy where no widget lives.
 * @param {HTMLElement} place @param {string} identity @param {Bytes} flow @param {Bytes} tape
 * @param {Bytes} accounts how cells came to their numbers
 */
export function page(place, identity, flow, tape, accounts) {
  /** @type {Board|null} */
  let board = null
  const hide = () => {
    place.hidden = true
    board?.close()
    board = null
  }
  place.addEventListener("layer-explorer-lives", hide)
  if (document.querySelector(`[data-layer-explorer-widget="${CSS.escape(identity)}"]`)) return hide()
  place.replaceChildren()
  board = new Board(place, tape, null)
  if (accounts.length) board.accounts = JSON.parse(new TextDecoder().decode(accounts))
  board.show(flow)
}

export default { render }
