import { expect, test } from "@playwright/test";

test("a visitor goes from the posts to the page about them and back", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Posts");
  await page.getByRole("link", { name: "About" }).click();
  await expect(page).toHaveURL(/\/about$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("About");
  await page.getByRole("link", { name: "AI tools" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Posts");
});

test("the pages leave no error behind in the browser", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // Browsers ask for an icon by themselves.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) errors.push(message.text());
  });
  for (const path of ["/", "/about"]) await page.goto(path, { waitUntil: "networkidle" });
  expect(errors).toEqual([]);
});

test("the health answer is never kept", async ({ request }) => {
  const answer = await request.get("/api/health");
  expect(answer.headers()["cache-control"]).toContain("no-store");
});
