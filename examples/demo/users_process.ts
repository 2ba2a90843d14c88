/**
 * The User Service: hears of documents, and of what became of its own messages.
 *
 * @module
 */
import { service } from "@bellhop/bellhop/server";
import { runService } from "./run_service.ts";

await runService(
  service({ name: "users", version: "1.0.0" })
    .on("document.created", () => {})
    .on("message.delivered", () => {}),
);
