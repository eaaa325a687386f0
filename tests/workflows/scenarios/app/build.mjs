// The smallest site that keeps the contract: a page, and /api/health with the version that it was built with.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

mkdirSync("dist/api", { recursive: true });
writeFileSync("dist/index.html", `${readFileSync("page.txt", "utf8")} ${process.env.NEXT_PUBLIC_ENV}`);
writeFileSync("dist/api/health", JSON.stringify({ status: "ok", version: process.env.NEXT_PUBLIC_VERSION }));
