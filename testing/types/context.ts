/**
 * What a handler's context knows of its platform, and where a client and a context are the same: `deno check` is the
 * test.
 *
 * @module
 */
import { type Client, connect } from "@bellhop/bellhop/client";
import { defineEvent } from "@bellhop/bellhop/schema";
import { type HandlerContext, type Outlet, service, type ServiceDefinition } from "@bellhop/bellhop/service";

interface Env {
  readonly GATEWAY: string;
  readonly TOKEN: string;
}

const noted = defineEvent("note.taken");

/** The type parameter reaches every handler, and what makes the outlet. */
export const notes: ServiceDefinition<Env> = service<Env>({
  name: "notes",
  version: "1.0.0",
  // @ts-expect-error TS2551 there is no such binding
  outlet: (env) => connect({ gateway: env.GATEWAY, token: env.TOKEN, source: env.TOKENS }),
})
  .on(noted, (event, ctx) => {
    const gateway: string = ctx.env.GATEWAY;
    // @ts-expect-error TS2339 there is no such binding
    void [gateway, ctx.env.DATABASE];
    // @ts-expect-error TS18046 nothing is known of the data
    void event.data.id;
    ctx.waitUntil(Promise.resolve(7));
    // @ts-expect-error TS2345 it is work that one waits for
    ctx.waitUntil(7);
    ctx.log.info("taken", { id: event.id, size: 7 });
    // @ts-expect-error TS2339 there is no such level
    ctx.log.fatal("taken");
    // @ts-expect-error TS2345 a record begins with a sentence
    ctx.log.info({ id: event.id });
    // @ts-expect-error TS2540 the context is read only
    ctx.attempt = 1;
  })
  .on("note.*", async (_event, { call, env }) => {
    const response: Response = await call("users", "GET /users/7", { deadlineMs: 100 });
    // @ts-expect-error TS2345 a request begins with its method
    await call("users", "/users/7");
    // @ts-expect-error TS2322 nothing stores a call
    await call("users", "GET /", { priority: "CRITICAL" });
    void [response, env.TOKEN];
  });

/** Without the parameter nothing is known of the platform. */
export const plain: ServiceDefinition = service({ name: "plain", version: "1.0.0" }).on("note.*", (_event, ctx) => {
  // @ts-expect-error TS18046 its type is not known
  void ctx.env.GATEWAY;
});

/** A definition for a platform is connected as any other. */
export function connected(): Promise<Client> {
  return connect(notes, { gateway: "http://127.0.0.1:8000/bus" });
}

/** A context publishes and calls as a client does, and either is an outlet. */
export function same(client: Client, context: HandlerContext<Env>): void {
  const publish: Client["publish"] = context.publish;
  const call: Client["call"] = context.call;
  const outlets: Outlet[] = [client, context];
  const back: HandlerContext["publish"] = client.publish;
  void [publish, call, outlets, back];
}
