import { expect, test } from "@playwright/test";

test("a page that was built beforehand is served", async ({ request }) => {
  const answer = await request.get("/about");
  expect(answer.status()).toBe(200);
  expect(await answer.text()).toContain("<h1>About</h1>");
});

test("the styles and scripts of the posts are there", async ({ request }) => {
  const page = await (await request.get("/")).text();
  const assets = new Set([...page.matchAll(/(?:href|src)="(\/_next\/static\/[^"]+)"/g)].map((match) => match[1] ?? ""));
  expect(assets.size).toBeGreaterThan(1);
  for (const asset of assets) expect((await request.get(asset)).status(), asset).toBe(200);
});

test("a page that is not there is told from one that is", async ({ request }) => {
  expect((await request.get("/no-such-page")).status()).toBe(404);
});

test("every part of the app that answers is of the same version", async ({ request }) => {
  const health = await (await request.get("/api/health")).json();
  expect(await (await request.get("/")).text()).toContain(`<code>${health.version}</code>`);
  expect(await (await request.get("/about")).text()).toContain(`<code>${health.version}</code>`);
});
