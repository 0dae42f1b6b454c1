// How much of a flow is folded, from nothing to nearly all, and which operations then stand in one block. Nothing is lost:
// a group keeps its operations.

/**
 * @import { Operation } from "./graph.js"
 *
 * @typedef {object} Folding
 * @property {number} level 0: every tensor is drawn. 1: nameless ones are beads on a wire. 2: so is what goes from a product
 *   or a sum into an activation. 3: weights are thumbnails. 4: long runs of operators are groups. 5: so is a whole loop.
 *   6: so is what lies between named values. 7: all operations are one
 * @property {number} least the smallest unit that is tried, in pixels, or of pixels times k where `scaled` says so
 * @property {boolean} scaled
 * @property {number} run from so many operators on a run without names is a group
 * @property {boolean} loops whether a loop is a group as a whole
 * @property {number} parts the most groups that the operations fall into; 0: they do not
 *
 * @typedef {"operations"|"turns"|"loop"} Form what a group is: operations, turns of a loop, a whole loop
 *
 * @typedef {object} Group operations that stand in one block
 * @property {Form} form @property {number} count of what it is @property {Operation[]} operations in order
 */

/** A loop of more turns shows only the first ones and the last one. */
const MOST_TURNS = 8
const FIRST_TURNS = 3

/** @param {number} level @param {Partial<Folding>} more @returns {Folding} */
const folding = (level, more) => ({ level, least: 14, scaled: false, run: Infinity, loops: false, parts: 0, ...more })

/** What is tried, one after the other, until all fits. @type {Folding[]} */
export const FOLDINGS = [
  folding(0, { least: 42, scaled: true }),
  folding(1, { least: 42, scaled: true }),
  folding(2, { least: 16 }),
  folding(3, { least: 16 }),
  folding(3, { least: 9 }),
  folding(4, { run: 4 }),
  folding(4, { run: 2 }),
  folding(5, { run: 4, loops: true }),
  folding(5, { run: 2, loops: true }),
  ...[Infinity, 12, 8, 5, 3, 2].map((parts) => folding(6, { run: 2, loops: true, parts })),
  folding(7, { run: 2, loops: true, parts: 1, least: 2 }),
]

/**
 * The groups of operations that no figure claims. Each is a stretch of the running order: no wire leads from a group
 * through something else and back into it.
 * @param {Operation[]} free in order @param {Folding} folding @returns {Group[]}
 */
export function groupsOf(free, { loops, parts }) {
  const found = loopGroups(free, 0, loops)
  return parts ? partGroups(free, found, parts) : found
}

/** @param {Operation[]} free @param {number} depth how many loops are around @param {boolean} whole @returns {Group[]} */
function loopGroups(free, depth, whole) {
  /** @type {Group[]} */
  const groups = []
  const taken = new Set()
  for (const members of loopsAt(free, depth)) {
    const group = whole ? wholeLoop(free, members, depth) : laterTurns(free, members, depth)
    if (group && !group.operations.some((operation) => taken.has(operation))) {
      groups.push(group)
      for (const operation of group.operations) taken.add(operation)
    }
    const rest = whole ? [] : members.filter((operation) => !taken.has(operation))
    if (rest.length) groups.push(...loopGroups(rest, depth + 1, whole))
  }
  return groups
}

/** The operations of each loop at a depth. @param {Operation[]} free @param {number} depth */
function loopsAt(free, depth) {
  /** @type {Map<number, Operation[]>} */
  const loops = new Map()
  for (const operation of free) {
    if (operation.turns.length <= depth) continue
    const { loop } = operation.turns[depth]
    const members = loops.get(loop)
    if (members) members.push(operation)
    else loops.set(loop, [operation])
  }
  return loops.values()
}

/** @param {Operation[]} members of a loop @param {number} depth @returns {Map<number, Operation>} the first one of each turn */
function turnsOf(members, depth) {
  const turns = new Map()
  for (const operation of members) {
    const { turn } = operation.turns[depth]
    if (!turns.has(turn)) turns.set(turn, operation)
  }
  return turns
}

/** @param {Operation[]} free @param {Operation[]} members @param {number} depth @returns {Group|null} */
function wholeLoop(free, members, depth) {
  const count = turnsOf(members, depth).size
  const last = members[members.length - 1].order
  return count > 1 ? { form: "loop", count, operations: between(free, members[0].order, last + 1) } : null
}

/** The turns of a long loop between its first ones and its last one. @returns {Group|null}
 *  @param {Operation[]} free @param {Operation[]} members @param {number} depth */
function laterTurns(free, members, depth) {
  const starts = [...turnsOf(members, depth).values()].map(({ order }) => order)
  if (starts.length <= MOST_TURNS) return null
  const operations = between(free, starts[FIRST_TURNS], starts[starts.length - 1])
  return { form: "turns", count: starts.length - FIRST_TURNS - 1, operations }
}

/** @param {Operation[]} free @param {number} from an order @param {number} to the order after the last one */
function between(free, from, to) {
  return free.filter(({ order }) => order >= from && order < to)
}

/**
 * A stretch of the running order; `open` says whether what runs next may join it.
 * @typedef {Group & {open: boolean}} Part
 */

/** Cut behind each operation that makes something named, then join neighbours until there are few enough.
 *  @param {Operation[]} free @param {Group[]} loops @param {number} most @returns {Group[]} */
function partGroups(free, loops, most) {
  const loopOf = new Map(loops.flatMap((loop) => loop.operations.map((operation) => [operation, loop])))
  /** @type {Part[]} */
  const parts = []
  const seen = new Set()
  for (const operation of free) {
    const loop = loopOf.get(operation)
    if (loop) {
      if (!seen.has(loop)) parts.push({ ...loop, open: false })
      seen.add(loop)
      continue
    }
    const before = parts[parts.length - 1]
    const open = !operation.results.some(({ title, role }) => title || role === "output")
    if (before?.open && follows(before, operation)) {
      before.operations.push(operation)
      before.open = open
    } else parts.push({ form: "operations", count: 1, operations: [operation], open })
  }
  join(parts, most)
  return parts.flatMap(({ form, count, operations }) => {
    if (operations.length < 2) return []
    return [{ form, count: form === "operations" ? operations.length : count, operations }]
  })
}

/** Whether an operation runs directly behind a part: nothing that a figure claims lies between. @param {Part} part @param {Operation} operation */
function follows({ operations }, { order }) {
  return operations[operations.length - 1].order === order - 1
}

/** Join the two neighbours that are smallest together, until there are few enough. @param {Part[]} parts @param {number} most */
function join(parts, most) {
  while (parts.length > most) {
    let best = -1
    let fewest = Infinity
    for (let at = 0; at + 1 < parts.length; at++) {
      const together = parts[at].operations.length + parts[at + 1].operations.length
      if (together < fewest && follows(parts[at], parts[at + 1].operations[0])) [best, fewest] = [at, together]
    }
    if (best < 0) return
    const [part, next] = parts.splice(best, 2)
    const operations = [...part.operations, ...next.operations]
    parts.splice(best, 0, { form: "operations", count: operations.length, operations, open: false })
  }
}
