import { PostList } from "@/app/post-list";
import { findDatabase } from "@/lib/database";
import { listPosts } from "@/lib/posts";

export const dynamic = "force-dynamic";

export default async function Page() {
  const database = findDatabase();
  return (
    <>
      <h1>Posts</h1>
      <PostList posts={database === undefined ? undefined : await listPosts(database)} />
    </>
  );
}
