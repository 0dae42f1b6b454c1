// The keys that move through the call, wherever the focus is in the X-ray.

/** @type {Record<string, import("./navigate.js").Move>} */
const MOVES = { ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last" }

/**
 * A picture's own keys, a slider's and a list's come first.
 * @param {import("./xray.js").XRay} xray @param {KeyboardEvent} event
 */
export function onKey(xray, event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
  const { tagName } = /** @type {Element} */ (event.composedPath()[0])
  if (["INPUT", "SELECT", "CANVAS"].includes(tagName)) return
  const act = MOVES[event.key]
    ? () => xray.move(MOVES[event.key])
    : event.key === "ArrowDown"
      ? () => xray.stepInto()
      : event.key === "ArrowUp"
        ? () => xray.stepOut()
        : event.key === " " && tagName !== "BUTTON"
          ? () => xray.play()
          : null
  if (!act) return
  event.preventDefault()
  if (event.key !== " " && xray.playing) xray.pause()
  act()
}
