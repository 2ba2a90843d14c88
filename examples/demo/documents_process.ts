/**
 * The Document Service: hears of users.
 *
 * @module
 */
import { service } from "@bellhop/bellhop/server";
import { runService } from "./run_service.ts";

await runService(service({ name: "documents", version: "1.0.0" }).on("user.updated", () => {}));
