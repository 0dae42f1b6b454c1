// Whether the page around an element is light or dark, as the reader sees it: notebooks say it each in a way of its own.

import { css, luminance, parseColour } from "../../stage/js/core/colour.js"

const DARK = "#14181f"
const LIGHT = "#ffffff"
/** Milliseconds after which a page has the colours of its new theme. */
const SETTLED = 300

/** The colour that lies behind an element; null where nothing is painted. @param {Element|null} element @returns {string|null} */
function ground(element) {
  for (let one = element; one; one = parentOf(one)) {
    const colour = getComputedStyle(one).backgroundColor
    const found = parseColour(colour)
    if (found && !/^rgba\(.*,\s*0(\.\d+)?\)$/.test(colour) && colour !== "transparent") return css(found)
  }
  return null
}

/** @param {Element} element @returns {Element|null} */
function parentOf(element) {
  const root = element.getRootNode()
  return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null)
}

/**
 * Keep an element in the colours of its page.
 * @param {HTMLElement} host @param {() => void} changed
 * @returns {() => void} stops it
 */
export function themed(host, changed) {
  const dark = matchMedia("(prefers-color-scheme: dark)")
  let [last, waiting] = ["", 0]
  const look = () => {
    const paper = ground(host.parentElement) ?? (dark.matches ? DARK : LIGHT)
    if (paper === last) return
    last = paper
    host.style.setProperty("--st-background-color", paper)
    host.dataset.theme = luminance(parseColour(paper) ?? [255, 255, 255]) < 0.2 ? "dark" : "light"
    changed()
  }
  const soon = () => {
    look()
    clearTimeout(waiting)
    waiting = setTimeout(look, SETTLED)
  }
  const observer = new MutationObserver(soon)
  for (const part of [document.documentElement, document.body])
    observer.observe(part, {
      attributes: true,
      attributeFilter: [
        "class",
        "style",
        "theme",
        "data-theme",
        "data-jp-theme-light",
        "data-jp-theme-name",
        "data-vscode-theme-kind",
      ],
    })
  dark.addEventListener("change", soon)
  soon()
  return () => {
    observer.disconnect()
    dark.removeEventListener("change", soon)
    clearTimeout(waiting)
  }
}
