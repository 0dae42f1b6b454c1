// What is typed, kept by the browser until the tab is closed: a reload loses nothing. Nothing here draws.

/** @import { Versioned } from "./text.js" */

const PREFIX = "layer-explorer:typed:"

/** @param {string} document @returns {Versioned|null} */
export function recall(document) {
  try {
    const { text, version } = JSON.parse(sessionStorage.getItem(PREFIX + document) ?? "null") ?? {}
    return typeof text === "string" && Number.isInteger(version) ? { text, version } : null
  } catch {
    return null // a browser may refuse to keep anything, or hold what is not ours
  }
}

/** @param {string} document @param {Versioned} typed */
export function keep(document, typed) {
  try {
    sessionStorage.setItem(PREFIX + document, JSON.stringify(typed))
  } catch {} // full, or refused: the text is still in the editor
}
