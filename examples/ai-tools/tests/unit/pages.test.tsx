import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, test, vi } from "vitest";

import AboutPage from "@/app/about/page";
import ErrorPage from "@/app/error";
import Layout from "@/app/layout";
import Page from "@/app/page";
import { PostList } from "@/app/post-list";
import { listPosts } from "@/lib/posts";

import { answering, failing } from "./databases";

describe("pages", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("posts are listed as the database gives them, and nothing in them is markup", async () => {
    const posts = await listPosts(answering([{ id: "2", title: "<b>new</b>" }, { id: "1", title: "old" }]));
    const html = renderToStaticMarkup(<PostList posts={posts} />);
    expect(html).toContain("<li>&lt;b&gt;new&lt;/b&gt;</li><li>old</li>");
  });

  test("an empty list says so", () => {
    expect(renderToStaticMarkup(<PostList posts={[]} />)).toContain("There are no posts yet.");
  });

  test("a database that refuses is not taken for one without posts", async () => {
    await expect(listPosts(failing("refused"))).rejects.toThrow("refused");
  });

  test("the page of an app without a database says so", async () => {
    vi.stubEnv("DATABASE_URL", "");
    expect(renderToStaticMarkup(await Page())).toContain("given no database");
  });

  test("every page names its version", () => {
    const html = renderToStaticMarkup(
      <Layout>
        <AboutPage />
      </Layout>,
    );
    expect(html).toContain("<h1>About</h1>");
    expect(html).toContain("<code>development</code>");
  });

  test("a failed page offers another try", () => {
    expect(renderToStaticMarkup(<ErrorPage reset={() => {}} />)).toContain("Try again");
  });
});
