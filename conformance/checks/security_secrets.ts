/**
 * Checks of signing secrets by service.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { http, problem } from "./_http.ts";
import { ADMIN, bearer, OTHER_SECRET, register, SECRET, SECURITY, sign } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;

/** See the module. */
export const SECRET_CHECKS: readonly Check[] = [
  {
    id: "security/secret-of-each-service",
    requirements: ["SEC-065", "SEC-016"],
    title: "A service without a secret of its own is not registered; the others' deliveries have each its own",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const secrets = { b: SECRET, c: OTHER_SECRET };
      await session.start({ security: { ...SECURITY, secrets } });
      const { reply: none } = await register(session, { name: "d" });
      problem(session, none, 500, "secret-missing", "SEC-065");
      const { json } = await http(session, "GET", "/services", { headers: bearer(ADMIN) });
      session.same(json?.services, [], "SEC-065", "services after a registration that was refused");
      for (const name of ["b", "c"] as const) {
        const endpoint = `http://b.example/${name}`;
        const { reply } = await register(session, { name, endpoint, subscriptions: ["thing.*"] });
        session.must(reply.status === 200, "SEC-065", `${name} has a secret: ${reply.status} ${reply.text}`);
      }
      await http(session, "POST", "/messages", { event: session.event({ source: "/shop" }), headers: bearer(ADMIN) });
      for (const name of ["b", "c"] as const) {
        const call = await session.untilCall(1_000, name);
        session.must(call !== undefined, "BUS-019", `the delivery to ${name} begins`);
        const { headers = {}, body = "" } = call.request ?? {};
        const wanted = await sign(secrets[name], headers["webhook-id"], Number(headers["webhook-timestamp"]), body);
        session.same((headers["webhook-signature"] ?? "").split(" "), [wanted], "SEC-016", `signatures of ${name}`);
      }
    },
  },
];
