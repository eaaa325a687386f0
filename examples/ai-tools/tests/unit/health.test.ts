import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Database } from "@/lib/database";
import { checkHealth } from "@/lib/health";

import { answering, failing, silent } from "./databases";

describe("health", () => {
  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => {});
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("an app without a database is well", async () => {
    expect(await checkHealth(undefined)).toEqual({ status: "ok", version: "development", database: "none" });
  });

  test("an app whose database answers is well", async () => {
    expect(await checkHealth(answering([]))).toEqual({ status: "ok", version: "development", database: "ok" });
  });

  test("an app whose database refuses is not, and says why in its log alone", async () => {
    const health = await checkHealth(failing("password of deployer"));
    expect(health).toEqual({ status: "error", version: "development", database: "error" });
    expect(console.error).toHaveBeenCalledOnce();
  });

  test("a database that keeps silent is one that does not answer", async () => {
    vi.useFakeTimers();
    const health = checkHealth(silent() satisfies Database);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await health).database).toBe("error");
  });

  test("the version and the environment are those of the build", async () => {
    vi.resetModules();
    vi.stubEnv("NEXT_PUBLIC_VERSION", "abc-1-1");
    vi.stubEnv("NEXT_PUBLIC_ENV", "staging");
    expect(await import("@/lib/version")).toMatchObject({ VERSION: "abc-1-1", ENVIRONMENT: "staging" });
    vi.unstubAllEnvs();
  });
});
