// An app that was there before: with bindings and variables of its own, and a hono that it chose itself.
import { gateway, service } from "@bellhop/bellhop/server";
import { Hono } from "hono";

const app = new Hono<{ Bindings: { readonly KEY: string }; Variables: { user: string } }>();
app.route("/bellhop", service({ name: "search", version: "1.0.0" }).on("document.*", () => {}));
app.route("/bus", gateway({ open: true }));
export default app;
