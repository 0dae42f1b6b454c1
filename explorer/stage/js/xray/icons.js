// The signs on the X-ray's buttons.

import { drawing } from "../core/dom.js"

const PATHS = {
  first: "M3 3v8M11 3 6 7l5 4z",
  previous: "M9.5 3 4.5 7l5 4z",
  play: "M4.5 2.8v8.4L11 7z",
  pause: "M4.5 3v8M9.5 3v8",
  next: "M4.5 3l5 4-5 4z",
  last: "M11 3v8M3 3l5 4-5 4z",
  into: "M7 2v8M4 7l3 3 3-3M3 12.5h8",
  out: "M7 10V2M4 5l3-3 3 3M3 12.5h8",
  before: "M8.5 3.5 5 7l3.5 3.5",
  after: "M5.5 3.5 9 7l-3.5 3.5",
}

/** @param {keyof typeof PATHS} name @returns {SVGElement} */
export function sign(name) {
  const svg = drawing(PATHS[name])
  svg.setAttribute("class", ["first", "previous", "play", "next", "last"].includes(name) ? "solid" : "")
  return svg
}
