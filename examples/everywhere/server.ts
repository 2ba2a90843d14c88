/**
 * The app on Deno, Node and Bun: `PORT=8000 BELLHOP_SIGNING_SECRET=whsec_… BELLHOP_TOKEN=… deno run -A server.ts`.
 * Its page, before that: `deno bundle --platform=browser --outdir=public page.ts service_worker.ts && cp index.html public`.
 *
 * @module
 */
import { newToken } from "@bellhop/bellhop/security";
import { gateway, serve, sqlite } from "@bellhop/bellhop/server";
import process from "node:process";
import { app } from "./app.ts";
import { pageFiles } from "./page_files.ts";

const { PORT = "8000", BELLHOP_SIGNING_SECRET: secret = "", BELLHOP_TOKEN: token = "", FILE = "bus.db" } = process.env;
const { PUBLIC = "public", PAGE_TOKEN = newToken() } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const bus = gateway({
  store: sqlite(FILE),
  signingSecrets: secret,
  credentials: [
    { name: "shop", token, scopes: ["admin"] },
    {
      name: "page",
      token: PAGE_TOKEN,
      scopes: ["publish:order.placed", "publish:critical", "register:kitchen"],
      sources: ["/page"],
    },
  ],
  services: [`${url}/bellhop`],
  allowHosts: ["127.0.0.1"],
});
await serve(app(bus, () => secret).route("/", pageFiles(PUBLIC, PAGE_TOKEN)), { port: Number(PORT) });
