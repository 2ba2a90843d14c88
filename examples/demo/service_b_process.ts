/**
 * Service B: the one that fails, for its process is killed.
 *
 * @module
 */
import { service } from "@bellhop/bellhop/server";
import { runService } from "./run_service.ts";

await runService(service({ name: "service-b", version: "1.0.0" }).on("security.alert", () => {}));
