import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["tests/unit/**/*.test.ts", "tests/unit/**/*.test.tsx"],
    coverage: {
      include: ["app/**/*.{ts,tsx}", "lib/**/*.ts"],
      reporter: ["text"],
      thresholds: { lines: 90, branches: 90 },
    },
  },
});
