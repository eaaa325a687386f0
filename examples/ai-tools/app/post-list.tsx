import type { Post } from "@/lib/posts";

/** The posts, or why there are none: `undefined` says that the app was given no database. */
export function PostList({ posts }: { posts: Post[] | undefined }) {
  if (posts === undefined) return <p>This app was given no database to read posts from.</p>;
  if (posts.length === 0) return <p>There are no posts yet.</p>;
  return (
    <ul className="posts">
      {posts.map((post) => (
        <li key={post.id}>{post.title}</li>
      ))}
    </ul>
  );
}
