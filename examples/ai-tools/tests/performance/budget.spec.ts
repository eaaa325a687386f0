import { type Browser, expect, test } from "@playwright/test";

/** The limits that the Core Web Vitals call good (https://web.dev/articles/vitals), and what a page may load. */
const BUDGET = { largestContentfulPaint: 2_500, layoutShift: 0.1, scriptBytes: 250_000, requests: 25 };
const VISITS = 3;

type Measured = Record<keyof typeof BUDGET, number>;

for (const path of ["/", "/about"]) {
  test(`${path} stays within the budget`, async ({ browser }) => {
    const visits: Measured[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) visits.push(await measure(browser, path));
    for (const name of Object.keys(BUDGET) as (keyof Measured)[]) {
      const median = visits.map((visit) => visit[name]).sort((a, b) => a - b)[Math.floor(VISITS / 2)];
      console.log(`${path} ${name}: ${median?.toFixed(2)} of ${BUDGET[name]}`);
      expect.soft(median, name).toBeLessThanOrEqual(BUDGET[name]);
    }
  });
}

/** One visit of a browser that has seen nothing yet. Times are milliseconds, bytes as transferred. */
async function measure(browser: Browser, path: string): Promise<Measured> {
  const page = await browser.newPage({ baseURL: process.env.BASE_URL ?? "" });
  try {
    await page.goto(path, { waitUntil: "networkidle" });
    return await page.evaluate(async () => {
      const entries = (type: string) =>
        new Promise<PerformanceEntry[]>((resolve) => {
          const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
          observer.observe({ type, buffered: true });
          setTimeout(() => resolve([]), 500);
        });
      const paints = await entries("largest-contentful-paint");
      const shifts = (await entries("layout-shift")) as (PerformanceEntry & { value: number })[];
      const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
      const scripts = resources.filter((resource) => /\.js(\?|$)/.test(resource.name));
      return {
        largestContentfulPaint: paints.at(-1)?.startTime ?? Infinity,
        layoutShift: shifts.reduce((sum, shift) => sum + shift.value, 0),
        scriptBytes: scripts.reduce((sum, script) => sum + script.transferSize, 0),
        requests: resources.length + 1,
      };
    });
  } finally {
    await page.close();
  }
}
