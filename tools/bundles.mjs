// Makes the modules that cannot be served to the browser as they are written, since they come from npm or no server is there:
// each entry with all that it imports as one file. Run by make; `node tools/bundles.mjs` does the same.

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { build } from "esbuild"

/** Entry -> output, as paths below the project's folder. */
const BUNDLES = {
  "tools/bundles/codemirror.js": "explorer/stage/js/bundles/codemirror.js",
  "explorer/notebook/js/main.js": "explorer/notebook/bundles/notebook.js",
}

const HOME = new URL("../", import.meta.url)

/** The packages whose code is in a bundle. @param {Record<string, {bytesInOutput: number}>} inputs */
function packagesOf(inputs) {
  const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const names = used.map(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}

/** Their licences as one comment: packages of the same terms share the text. @param {string[]} packages */
async function licences(packages) {
  /** @type {Map<string, string[]>} */
  const holders = new Map()
  for (const name of packages) {
    const folder = new URL(`node_modules/${name}/`, HOME)
    const { version } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"))
    const file = (await readdir(folder)).find((one) => /^licen[sc]e/i.test(one))
    if (!file) throw new Error(`${name} has no licence file: it cannot be handed on`)
    const text = (await readFile(new URL(file, folder), "utf8")).trim().replaceAll("*/", "* /")
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version}`])
  }
  const parts = [...holders].map(([text, names]) => `${names.join(", ")}\n\n${text}`)
  return parts.length ? `/*!\n${parts.join("\n\n----\n\n")}\n*/\n` : ""
}

for (const [entry, output] of Object.entries(BUNDLES)) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: HOME.pathname,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    loader: { ".css": "text" },
    tsconfigRaw: {}, // that of the checks is no part of what is made
    legalComments: "eof",
    metafile: true,
    write: false,
  })
  const [{ inputs }] = Object.values(metafile.outputs)
  await mkdir(new URL(".", new URL(output, HOME)), { recursive: true })
  await writeFile(new URL(output, HOME), outputFiles[0].text + (await licences(packagesOf(inputs))))
}
