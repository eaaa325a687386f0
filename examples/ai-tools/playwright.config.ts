import { defineConfig } from "@playwright/test";

import { browserOptions } from "./tests/browser";

const bypass = process.env.VERCEL_AUTOMATION_BYPASS_SECRET;
const proxy = process.env.HTTPS_PROXY;
const deployed = {
  baseURL: process.env.BASE_URL,
  // Opens a deployment that is protected (https://vercel.com/docs/deployment-protection).
  extraHTTPHeaders: bypass ? { "x-vercel-protection-bypass": bypass } : {},
  ...(proxy ? { proxy: { server: proxy, bypass: process.env.NO_PROXY ?? "" } } : {}),
};

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  workers: 2,
  reporter: process.env.CI ? [["list"], ["html", { open: "never" }]] : "list",
  projects: [
    {
      name: "e2e",
      testMatch: "e2e/*.spec.ts",
      use: { baseURL: process.env.BASE_URL ?? "http://localhost:3000", launchOptions: browserOptions() },
    },
    // What is deployed is asked over HTTP alone: the jobs that do it install no browser.
    { name: "smoke", testMatch: "deployed/smoke.spec.ts", retries: 1, use: deployed },
    { name: "critical", testMatch: "deployed/*.spec.ts", retries: 1, use: deployed },
    { name: "performance", testMatch: "performance/*.spec.ts", use: { launchOptions: browserOptions() } },
  ],
});
