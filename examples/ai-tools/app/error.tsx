"use client";

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <>
      <h1>Something went wrong</h1>
      <p>The posts cannot be read at the moment.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </>
  );
}
