/**
 * A Worker whose object tries the store contract on its own storage: one line for each check that did not hold.
 *
 * @module
 */
import { durableObject, type ObjectStorage } from "@bellhop/bellhop/stores/durable-object";
import { storeContract } from "@bellhop/bellhop/testing/store-contract";

export class Contract {
  private count = 0;

  constructor(private readonly ctx: { readonly storage: ObjectStorage }) {}

  async fetch(): Promise<Response> {
    const checks: [string, () => Promise<void>][] = [];
    storeContract(() => durableObject(this.ctx.storage, { prefix: `s${++this.count}` }), {
      register: (name, check) => void checks.push([name, check]),
      runs: 20,
    });
    const broken: string[] = [];
    for (const [name, check] of checks) {
      await check().catch((error) => broken.push(`${name}: ${error.message}`));
    }
    return Response.json({ held: checks.length - broken.length, broken });
  }
}

interface Env {
  readonly CONTRACT: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch: (request: Request, { CONTRACT }: Env) => CONTRACT.get(CONTRACT.idFromName("one")).fetch(request),
};
