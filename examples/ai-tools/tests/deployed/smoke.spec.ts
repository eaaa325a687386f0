import { expect, test } from "@playwright/test";

test("the app says that it is well", async ({ request }) => {
  const answer = await request.get("/api/health");
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-type"]).toMatch(/^application\/json/);
  const health = await answer.json();
  expect(health).toMatchObject({ status: "ok", version: expect.stringMatching(/\S/) });
  expect(["ok", "none"]).toContain(health.database);
});

test("the posts are shown", async ({ request }) => {
  const answer = await request.get("/");
  expect(answer.status()).toBe(200);
  expect(await answer.text()).toContain("<h1>Posts</h1>");
});
