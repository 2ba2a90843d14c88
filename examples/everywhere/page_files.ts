import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";

/** `index.html` and the scripts in a folder, and the credential that a page speaks with. */
export function pageFiles(folder: string, token: string): Hono {
  return new Hono()
    // Whoever may see the page may have it: an app with users looks at the session first.
    .get("/token", (c) => c.text(token))
    .use(serveStatic({ root: folder }));
}
