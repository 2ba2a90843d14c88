/**
 * A Worker whose object runs the conformance suite on the reference, both within itself: `/memory` all of it, `/durable`
 * what is about durability on the object's own storage. Answers with the report as JSON, and how many stores that took;
 * takes `?seed=` and `?runs=`.
 *
 * @module
 */
import { CHECKS, runChecks, selectChecks } from "../mod.ts";
import { durableObject, type ObjectStorage } from "@bellhop/bellhop/stores/durable-object";
import { bellhop } from "../subjects/bellhop.ts";

export class Suite {
  private count = 0;

  constructor(private readonly ctx: { readonly storage: ObjectStorage }) {}

  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const effort = { seed: Number(searchParams.get("seed")), runs: Number(searchParams.get("runs")) };
    if (pathname === "/memory") {
      return Response.json({ report: await runChecks({ open: bellhop(), checks: CHECKS, ...effort }) });
    }
    const checks = selectChecks(CHECKS, { profiles: ["durable"] });
    const disk = () => durableObject(this.ctx.storage, { prefix: `s${++this.count}` });
    const report = await runChecks({ open: bellhop({ disk }), checks, ...effort });
    return Response.json({ report, stores: this.count });
  }

  /** The store sets one for what it keeps; here nothing is left to look after. */
  alarm(): void {}
}

interface Env {
  readonly SUITE: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch: (request: Request, { SUITE }: Env) => SUITE.get(SUITE.idFromName(request.url)).fetch(request),
};
