/** What a page runs whose gateway is on another origin: the query of its URL names the gateway and the credential. */
import { connect, outbox } from "@bellhop/bellhop/browser";
import { pull } from "@bellhop/bellhop/pull";
import { service } from "@bellhop/bellhop/service";

/** What the test calls in the page. */
export interface CrossOriginPage {
  /** The code of the error with which the page fails to reach the gateway under another mount. */
  refusedAt(gateway: string): Promise<string>;
  /** Publishes by the client; gives the outcome of the delivery. */
  publish(id: string): Promise<string>;
  /** Publishes by the outbox; gives the durability. */
  keep(id: string): Promise<string>;
  /** Ids of what the page's service took by pull. */
  taken(): readonly string[];
  /** What a service answered that was called through the gateway. */
  call(): Promise<string>;
  /** Ids of what the outbox has sent. */
  sent(): readonly string[];
}

const query = new URL(location.href).searchParams;
const options = { gateway: query.get("gateway")!, token: query.get("token")!, source: "/page" };
const taken: string[] = [];
const sent: string[] = [];
const kitchen = service({ name: "kitchen", version: "1.0.0" }).on("page.*", ({ id }) => void taken.push(id));
const client = connect(kitchen, { ...options, delivery: pull() });
const box = outbox({ ...options, onSent: ({ id }) => sent.push(id) });

const page: CrossOriginPage = {
  refusedAt: (gateway) => connect({ ...options, gateway, timeoutMs: 1_000 }).then(publishOnce, ({ code }) => code),
  async publish(id) {
    const accepted = await (await client).publish("page.asked", {}, { id });
    return (await accepted.receipt({ timeoutMs: 10_000 })).outcome;
  },
  keep: async (id) => (await (await box).publish("page.kept", {}, { id, priority: "CRITICAL" })).durability,
  taken: () => taken,
  call: async () => await (await (await client).call("clock", "GET /time", { direct: false })).text(),
  sent: () => sent,
};

/** A client that registers nothing asks nobody before it publishes. */
function publishOnce(client: { publish(type: string): Promise<unknown> }): Promise<string> {
  return client.publish("page.asked").then(() => "reached", ({ code }) => code);
}

Object.assign(globalThis, { page });
