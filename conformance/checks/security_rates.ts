/**
 * Checks of the rates that endpoints granted.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { http } from "./_http.ts";
import { ADMIN, bearer, register, SECURITY } from "./_secured.ts";

const MINUTE_MS = 60_000;

/** See the module. */
export const RATE_CHECKS: readonly Check[] = [
  {
    id: "security/rate-of-one-instance",
    requirements: ["SEC-071"],
    title: "While an instance has spent its rate, another healthy one of the service is given the deliveries",
    kind: "scenario",
    needs: ["core", "registry", "http", "security"],
    async run(session: Session) {
      for (const order of [["i1", "i2"], ["i2", "i1"]]) {
        await session.start({ security: SECURITY });
        for (const instance of order) {
          const { reply } = await register(
            session,
            {
              name: "b",
              instance,
              endpoint: `http://b.example/${instance}`,
              subscriptions: ["thing.*"],
              leaseMs: 3_600_000,
            },
            204,
            { "webhook-allowed-origin": "*", ...(instance === "i1" ? { "webhook-allowed-rate": "1" } : {}) },
          );
          session.must(reply.status === 200, "SEC-056", `${instance} is registered: ${reply.status} ${reply.text}`);
        }
        const beganMs = session.nowMs;
        for (let n = 1; n <= 6; n++) {
          const event = session.event({ source: "/shop" });
          const { status, text } = await http(session, "POST", "/messages", { event, headers: bearer(ADMIN) });
          session.must(status === 202, "SEC-035", `admin may publish: ${status} ${text}`);
          const call = await session.untilCall(1_000, "b");
          session.must(call !== undefined, "SEC-071", `delivery ${n} waits, although i2 takes any number`);
          await session.settle(call, { status: 204, headers: {}, body: "" });
        }
        session.must(session.nowMs - beganMs < 30_000, "SEC-071", "six deliveries take no half minute");
      }
    },
  },
  {
    id: "security/rate-is-kept",
    requirements: ["REG-021"],
    title: "What goes beyond the rate that an endpoint granted is deferred, and not lost",
    kind: "scenario",
    needs: ["core", "registry", "http", "security"],
    async run(session: Session) {
      for (const rate of [2, 12]) {
        await session.start({ security: SECURITY });
        const { reply } = await register(
          session,
          { name: "b", subscriptions: ["thing.*"], leaseMs: 3_600_000 },
          204,
          { "webhook-allowed-origin": "*", "webhook-allowed-rate": String(rate) },
        );
        session.must(reply.status === 200, "SEC-055", `it is registered: ${reply.status} ${reply.text}`);
        const count = 3 * rate;
        for (let n = 0; n < count; n++) {
          const event = session.event({ source: "/shop" });
          const { status, text } = await http(session, "POST", "/messages", { event, headers: bearer(ADMIN) });
          session.must(status === 202, "SEC-035", `admin may publish: ${status} ${text}`);
        }
        const beganMs = session.nowMs;
        for (let begun = 1; begun <= count; begun++) {
          const call = await session.untilCall(10 * MINUTE_MS, "b");
          session.must(call !== undefined, "REG-021", `of ${count} deliveries ${begun - 1} began at ${rate} a minute`);
          session.must(call.attempt === 1, "REG-021", "what was deferred has not failed");
          // Whoever counts by the minute, or lets one minute's deliveries go at once, keeps to this.
          const minutes = Math.floor((session.nowMs - beganMs) / MINUTE_MS) + 1;
          session.must(
            begun <= rate * (minutes + 1),
            "REG-021",
            `${begun} deliveries in ${session.nowMs - beganMs} ms at ${rate} a minute`,
          );
          await session.settle(call, { status: 204, headers: {}, body: "" });
        }
      }
    },
  },
];
