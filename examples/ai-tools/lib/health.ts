import type { Database } from "@/lib/database";
import { checkPosts } from "@/lib/posts";
import { VERSION } from "@/lib/version";

export interface Health {
  status: "ok" | "error";
  version: string;
  /** `none` where the app was given no database. */
  database: "ok" | "error" | "none";
}

/** Whether the app can do its work. Why it cannot is for the log: the answer is public. */
export async function checkHealth(database: Database | undefined): Promise<Health> {
  if (database === undefined) return { status: "ok", version: VERSION, database: "none" };
  try {
    await checkPosts(database);
    return { status: "ok", version: VERSION, database: "ok" };
  } catch (error) {
    console.error("The database does not answer:", error);
    return { status: "error", version: VERSION, database: "error" };
  }
}
