import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  // The pipeline checks types in a job of its own, side by side with the builds.
  typescript: { ignoreBuildErrors: true },
  // A lock file in a folder above must not move the root.
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  headers: async () => [
    {
      source: "/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
      ],
    },
  ],
};

export default config;
