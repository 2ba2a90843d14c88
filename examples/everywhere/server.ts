/**
 * The app on Deno, Node and Bun: `PORT=8000 BELLHOP_SIGNING_SECRET=whsec_… BELLHOP_TOKEN=… deno run -A server.ts`.
 *
 * @module
 */
import { gateway, serve, sqlite } from "@bellhop/bellhop/server";
import process from "node:process";
import { app } from "./app.ts";

const { PORT = "8000", BELLHOP_SIGNING_SECRET: secret = "", BELLHOP_TOKEN: token = "", FILE = "bus.db" } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const bus = gateway({
  store: sqlite(FILE),
  signingSecrets: secret,
  credentials: [{ name: "shop", token, scopes: ["admin"] }],
  services: [`${url}/bellhop`],
  allowHosts: ["127.0.0.1"],
});
await serve(app(bus, secret), { port: Number(PORT) });
