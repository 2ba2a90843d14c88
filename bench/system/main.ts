/**
 * Everything but retry engines and outages: `deno task bench:system --help`.
 *
 * @module
 */
import { runParts } from "../run_part.ts";
import { part as envelope } from "./envelope.ts";
import { part as gateway } from "./gateway.ts";
import { part as growth } from "./growth.ts";
import { part as machine } from "./machine.ts";
import { part as publish } from "./publish.ts";
import { part as queue } from "./queue.ts";
import { part as registry } from "./registry.ts";
import { part as denoKv } from "./store_deno_kv.ts";
import { part as durableObject } from "./store_durable_object.ts";
import { part as indexedDb } from "./store_indexed_db.ts";
import { part as sqlite } from "./store_sqlite.ts";

if (import.meta.main) {
  const parts = [
    envelope,
    queue,
    registry,
    machine,
    publish,
    sqlite,
    denoKv,
    indexedDb,
    durableObject,
    gateway,
    growth,
  ];
  await runParts("deno task bench:system", parts);
}
