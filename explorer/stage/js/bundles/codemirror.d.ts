// The module beside this file is made by make, out of its entry: the types are the entry's, and those that it speaks of.
export * from "../../../../tools/bundles/codemirror.js"
export type { StateEffectType } from "@codemirror/state"
export type { Command, ViewUpdate } from "@codemirror/view"
export type { Tree } from "@lezer/common"
