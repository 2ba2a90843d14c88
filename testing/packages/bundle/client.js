// Publishes through a gateway that is a function. Says who received it.
// deno-lint-ignore-file no-console
import { connect } from "@bellhop/bellhop/client";

const answer = { durability: "memory", receivers: ["users"], duplicate: false };
const gateway = () => Promise.resolve(Response.json(answer, { status: 202 }));
const client = await connect({ gateway: "http://127.0.0.1/bus", fetch: gateway });
const sent = await client.publish("user.created", { id: "42" });
await client.close();
console.log(`received by ${sent.receivers}`);
