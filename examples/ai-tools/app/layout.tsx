import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";

import { ENVIRONMENT, VERSION } from "@/lib/version";

import "./globals.css";

export const metadata: Metadata = {
  title: { default: "AI tools", template: "%s · AI tools" },
  description: "Posts about tools that are worth a try.",
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <header>
          <Link href="/" className="name">
            AI tools
          </Link>
          <nav aria-label="Pages">
            <Link href="/">Posts</Link>
            <Link href="/about">About</Link>
          </nav>
        </header>
        <main>{children}</main>
        <footer>
          <span>{ENVIRONMENT}</span> <code>{VERSION}</code>
        </footer>
      </body>
    </html>
  );
}
