import { existsSync } from "node:fs";

import { chromium } from "@playwright/test";

const INSTALLED = ["/usr/bin/google-chrome", "/usr/bin/chromium"];

/** How Chromium is started: Playwright's own where it was installed, else the one of CHROMIUM or of the machine. */
export function browserOptions(): { executablePath?: string; args: string[] } {
  const own = existsSync(chromium.executablePath());
  const path = process.env.CHROMIUM || (own ? undefined : INSTALLED.find((name) => existsSync(name)));
  // Root has no sandbox to give: Chromium refuses to start there without this.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return path === undefined ? { args } : { executablePath: path, args };
}
