/**
 * A Worker with a gateway in an object, mounted below `/bus`, for tests: `POST /abort` ends the object's life.
 *
 * @module
 */
import { gateway, gatewayObject, type ObjectNamespace, type ObjectState } from "@bellhop/bellhop/workers";
import { Hono } from "hono";

interface Env {
  readonly BUS?: ObjectNamespace;
  readonly SECRET: string;
  readonly TOKEN: string;
}

const Gateway = gatewayObject<Env>(({ SECRET, TOKEN }) => ({
  signingSecrets: SECRET,
  credentials: [{ name: "test", token: TOKEN, scopes: ["admin"] }],
  allowHosts: ["127.0.0.1"],
}));

export class Bus extends Gateway {
  constructor(private readonly state: ObjectState & { abort?(reason: string): void }, env: Env) {
    super(state, env);
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/bus/abort") this.state.abort!("the test wants it");
    return await super.fetch(request);
  }
}

export default new Hono().route("/bus", gateway<Env>(({ BUS }) => ({ object: BUS })));
