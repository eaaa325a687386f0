import type { Database } from "@/lib/database";
import { within } from "@/lib/deadline";

export interface Post {
  id: string;
  title: string;
}

const LONGEST = 5_000;
const NEWEST = 20;

/** The newest posts, newest first. It names the columns that it shows, so a new one does not disturb it. */
export async function listPosts(database: Database): Promise<Post[]> {
  const rows = await within(LONGEST, database<{ id: string; title: string }[]>`
    SELECT id::text AS id, title FROM posts ORDER BY posts.id DESC LIMIT ${NEWEST}
  `);
  return rows.map(({ id, title }) => ({ id, title }));
}

/** See that the database answers and has the posts; throws where it does not. */
export async function checkPosts(database: Database): Promise<void> {
  await within(LONGEST, database`SELECT 1 FROM posts LIMIT 1`);
}
