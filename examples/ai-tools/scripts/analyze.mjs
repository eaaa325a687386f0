// What a first visit loads: the scripts and styles that the build wrote, compressed, and the budget they have to meet.
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = { ".js": 400_000, ".css": 50_000 };
const SHOWN = 10;
const folder = ".next/static";

const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => extname(name) in BUDGET_BYTES)
  .map((name) => {
    const content = readFileSync(join(folder, name));
    return { name, raw: content.length, compressed: gzipSync(content).length };
  })
  .sort((a, b) => b.compressed - a.compressed);
const shared = new Set(JSON.parse(readFileSync(".next/build-manifest.json", "utf8")).rootMainFiles);

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
console.log(`${"raw".padStart(10)}${"gzip".padStart(10)}  file (* on every page)`);
for (const { name, raw, compressed } of files.slice(0, SHOWN)) {
  console.log(`${kilobytes(raw)}${kilobytes(compressed)}  ${name}${shared.has(`static/${name}`) ? " *" : ""}`);
}
for (const [extension, budget] of Object.entries(BUDGET_BYTES)) {
  const sum = files
    .filter(({ name }) => extname(name) === extension)
    .reduce((total, { compressed }) => total + compressed, 0);
  const verdict = sum <= budget ? "within" : "OVER";
  console.log(`All ${extension}, compressed: ${(sum / 1000).toFixed(1)} kB, ${verdict} the budget of ${budget / 1000} kB`);
  if (sum > budget) process.exitCode = 1;
}
