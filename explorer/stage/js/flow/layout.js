// Where everything stands on the stage. A pure function: the same flow, choices and sizes give the same plan. It tries the
// least folding first, and of that the largest cells.

import { claimsOf, sketchOf } from "./blocks.js"
import { columnsOf, tangledIn, uncross } from "./columns.js"
import { Extents } from "./extents.js"
import { FOLDINGS } from "./folding.js"
import { EDGE, heightOf, standAcross, standDown } from "./places.js"
import { arrivalsOf, beadsOf, edgesOf, roomBehind, roomBelow, routesOf } from "./routes.js"

/**
 * @import { Bead, Block, Claimed, Sketch } from "./blocks.js" @import { Measure, Type } from "./extents.js"
 * @import { Folding } from "./folding.js" @import { Graph } from "./graph.js" @import { Space } from "./places.js"
 * @import { Edge } from "./routes.js" @import { Figure, State } from "./scene.js" @import { Size } from "../types.js"
 *
 * @typedef {import("./blocks.js").Block} Block
 */
