import postgres from "postgres";

export type Database = postgres.Sql;

let database: Database | undefined;

/** The database of DATABASE_URL, which is read when it is first asked for; undefined where there is none. */
export function findDatabase(): Database | undefined {
  const url = process.env.DATABASE_URL;
  if (!url) return undefined;
  // One connection: each instance of a function answers few requests at once. Unnamed statements go through any pooler.
  database ??= postgres(url, { max: 1, connect_timeout: 5, idle_timeout: 20, prepare: false, onnotice: () => {} });
  return database;
}
