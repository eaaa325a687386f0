import type { Database } from "@/lib/database";

/** A database of which nothing but its tagged template is called. */
function stub(query: () => Promise<unknown>): Database {
  return query as unknown as Database;
}

export const answering = (rows: unknown[]): Database => stub(() => Promise.resolve(rows));

export const failing = (message: string): Database => stub(() => Promise.reject(new Error(message)));

export const silent = (): Database => stub(() => new Promise(() => {}));
