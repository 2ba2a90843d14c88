/**
 * Checks of what lies on the disk: whoever copies it has no key of anybody.
 *
 * @module
 */
import type { Check } from "../check.ts";
import { SubjectBroken } from "../failure.ts";
import type { Session } from "../session.ts";
import { http } from "./_http.ts";
import { ADMIN, bearer, OLD, PUBLISHER, register, SECRET, SECURITY } from "./_secured.ts";

/** See the module. */
export const DISK_CHECKS: readonly Check[] = [
  {
    id: "security/keys-are-not-on-the-disk",
    requirements: ["SEC-070"],
    title: "The store that a crash leaves holds no lease token, no credential and no secret, in no plain form",
    kind: "hostile",
    needs: ["core", "registry", "http", "durable", "security"],
    can: ["crash", "store-read"],
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const leases: string[] = [];
      for (const instance of ["i1", "i2"]) {
        const { reply } = await register(session, {
          name: "b",
          instance,
          endpoint: `http://b.example/${instance}`,
          subscriptions: ["thing.*"],
          leaseMs: 3_600_000,
        });
        session.must(reply.status === 200, "SEC-054", `it is registered: ${reply.status} ${reply.text}`);
        leases.push(String((reply.json?.data as { readonly lease?: string } | undefined)?.lease));
      }
      const event = session.event({ source: "/shop", priority: "CRITICAL" });
      // Who holds the lease publishes: what is kept of it is kept with the message.
      const { status, text } = await http(session, "POST", "/messages", {
        event,
        headers: { ...bearer(ADMIN), "bellhop-lease": leases[0] },
      });
      session.must(status === 202, "SEC-035", `admin may publish: ${status} ${text}`);
      await session.advance(60_000);
      await session.say({ do: "store", action: "crash" });
      const { ok } = await session.say({ do: "store", action: "read" });
      if (typeof ok?.base64 !== "string") {
        throw new SubjectBroken(`read is answered {"base64": …}, not ${JSON.stringify(ok)}`);
      }
      const bytes = atob(ok.base64);
      if (!bytes.includes(String(event.id))) {
        throw new SubjectBroken(`what was read does not hold the message ${event.id}, which was accepted as durable`);
      }
      for (
        const [requirement, keys] of [["SEC-070", leases], ["SEC-015", [
          ADMIN,
          PUBLISHER,
          OLD,
          SECRET.slice("whsec_".length),
        ]]] as const
      ) {
        for (const key of keys) {
          for (const form of [key, btoa(key).replace(/=+$/, ""), hexOf(key)]) {
            session.must(
              !bytes.includes(form),
              requirement,
              `the store holds ${key.slice(0, 8)}… as ${form.slice(0, 8)}…`,
            );
          }
        }
      }
    },
  },
];

function hexOf(text: string): string {
  return Array.from(text, (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
