// Serves what was built on a free port and holds its pages to the budget of tests/performance, in Chromium.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 60_000;

if (!existsSync(".next/BUILD_ID")) {
  console.error("There is no build to measure: `npm run build` first.");
  process.exit(2);
}
const base = `http://127.0.0.1:${await freePort()}`;
const server = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "--port", new URL(base).port], {
  stdio: ["ignore", "ignore", "inherit"],
});
let status = 1;
try {
  await answering();
  const done = spawnSync("playwright", ["test", "--project=performance", "--workers=1"], {
    stdio: "inherit",
    env: { ...process.env, BASE_URL: base },
  });
  if (done.error) console.error(done.error.message);
  status = done.status ?? 1;
} finally {
  server.kill();
}
process.exit(status);

async function answering() {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(200)) {
    if (server.exitCode !== null) break;
    if (await fetch(`${base}/api/health`).catch(() => undefined)) return;
  }
  throw new Error("the app did not start");
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
