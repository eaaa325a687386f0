/** What the pipeline named this build. Written into it when it is built, so that a deployment keeps its own. */
export const VERSION = process.env.NEXT_PUBLIC_VERSION || "development";

/** The environment that it was built for. */
export const ENVIRONMENT = process.env.NEXT_PUBLIC_ENV || "development";
