import { afterEach, describe, expect, test, vi } from "vitest";

describe("GET /api/health", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
    vi.restoreAllMocks();
  });

  async function answer(url: string) {
    vi.stubEnv("DATABASE_URL", url);
    const { GET } = await import("@/app/api/health/route");
    return GET();
  }

  test("answers JSON that no cache keeps", async () => {
    const response = await answer("");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ status: "ok", database: "none" });
  });

  test("answers 503 where nothing listens at the address of the database", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const response = await answer("postgresql://nobody@127.0.0.1:1/none");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: "error", database: "error" });
  });
});
