// Runs one function of a build, as Vercel's launcher for Node.js does: node launcher.cjs HANDLER
//
// It listens on a free port of loopback and writes that as the only line of its standard output; what the function
// writes goes to standard error. It ends when its standard input does, so that it never outlives the sandbox.
"use strict";

const { createServer } = require("node:http");
const { pathToFileURL } = require("node:url");

const announce = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
process.stdin.resume().on("end", () => process.exit(0));

async function load(path) {
  // import() takes both kinds of modules; what CommonJS exports is its default.
  let found = await import(pathToFileURL(path).href);
  while (found && typeof found !== "function" && found.default) found = found.default;
  if (typeof found !== "function") throw new Error(`${path} exports no function (request, response)`);
  return found;
}

async function answer(handler, request, response) {
  try {
    await handler(request, response);
  } catch (error) {
    console.error(error);
    if (response.headersSent) return response.destroy();
    response.writeHead(500, { "x-vercel-error": "FUNCTION_INVOCATION_FAILED" }).end();
  }
}

load(process.argv[2]).then(
  (handler) => {
    const server = createServer((request, response) => answer(handler, request, response));
    // Whoever asks keeps no connection open between two requests.
    server.keepAliveTimeout = 1;
    server.listen(0, "127.0.0.1", () => announce(`${server.address().port}\n`));
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
