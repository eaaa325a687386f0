// Tests what is deployed: node scripts/test-deployed.mjs smoke|critical --base-url=https://…
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "base-url": { type: "string" } },
});
const project = positionals[0] ?? "";
const base = values["base-url"] ?? "";
if (!["smoke", "critical"].includes(project) || !URL.canParse(base)) {
  console.error("usage: npm run test:smoke -- --base-url=https://…  (or test:critical)");
  process.exit(2);
}
const done = spawnSync("playwright", ["test", `--project=${project}`], {
  stdio: "inherit",
  env: { ...process.env, BASE_URL: base },
});
if (done.error) console.error(done.error.message);
process.exit(done.status ?? 1);
