// The module beside this file is made by make, out of its entry: the types are the entry's.
export * from "../../../../tools/bundles/codemirror.js"
