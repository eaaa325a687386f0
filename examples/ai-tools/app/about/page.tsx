import type { Metadata } from "next";

export const metadata: Metadata = { title: "About" };

export default function Page() {
  return (
    <>
      <h1>About</h1>
      <p>People who use AI tools every day write here about the ones that are worth a try.</p>
    </>
  );
}
