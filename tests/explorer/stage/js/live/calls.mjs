// Calls and their tapes that a test of Python wrote into a folder.

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { graphOf } from "../../../../../explorer/stage/js/flow/graph.js"
import { Live } from "../../../../../explorer/stage/js/flow/live.js"
import { readFrames } from "../../../../../explorer/stage/js/flow/message.js"
import { Bus } from "../../../../../explorer/stage/js/trail/bus.js"

const FOLDER = process.env.TAPES ?? ""

const bytes = (name) => new Uint8Array(readFileSync(join(FOLDER, name)))
export const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".tape") ? [file.slice(0, -5)] : []))
/** What stands in a file. */
export const told = (name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8"))
export const lines = (name) => readFileSync(join(FOLDER, name), "utf8").split("\n").filter(Boolean)

export const opened = (file) => {
  const model = readFrames(bytes(file))
  return { model, graph: graphOf(model) }
}

export async function living(name) {
  const live = new Live(() => {}, new Bus())
  const { model, graph } = opened(`${name}.flow`)
  live.take(model, graph)
  live.state = "wanted"
  await live.came(bytes(`${name}.tape`))
  return { live, model, graph }
}

/** The largest difference as a part of the largest number; Infinity where not both are numbers. */
export function gapOf(mine, theirs) {
  let [gap, most] = [0, 0]
  for (let at = 0; at < theirs.length; at++) {
    const [one, other] = [Number(mine[at]), Number(theirs[at])]
    if (Number.isFinite(other)) most = Math.max(most, Math.abs(other))
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) continue
    gap = Math.max(gap, Number.isNaN(one - other) ? Infinity : Math.abs(one - other))
  }
  return gap ? gap / (most || 1) : 0
}
