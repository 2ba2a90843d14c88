/**
 * Checks of what a gateway refuses to start with: no mode, no secret, a weak token, no allow-list.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { bearer, SECRET, SECURITY } from "./_secured.ts";
import { http } from "./_http.ts";

const needs = ["core", "registry", "http", "security"] as const;

/** See the module. */
export const START_CHECKS: readonly Check[] = [
  {
    id: "security/mode-is-chosen",
    requirements: ["SEC-001", "SEC-002"],
    title: "A gateway that was told neither open mode nor credentials does not start, and serves nobody",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const open = await http(session, "GET", "/services");
      session.must(open.status === 200, "SEC-001", `who asks for open mode gets it: ${open.status} ${open.text}`);
      await session.start({ security: SECURITY });
      const forbidden: readonly (readonly [JsonObject, string | undefined])[] = [
        // Two things are lacking: either may be told.
        [{}, undefined],
        [{ hosts: { "b.example": ["93.184.215.14"] } }, undefined],
        [{ secrets: SECRET }, "open-mode-required"],
      ];
      for (const [security, code] of forbidden) {
        const reply = await session.tryStart({ security });
        if (reply.ok !== undefined) {
          const { status } = await http(session, "GET", "/services");
          session.must(status !== 200, "SEC-001", `with ${JSON.stringify(security)} everybody is served`);
        }
        session.must(
          reply.refused !== undefined,
          "SEC-002",
          () => `with ${JSON.stringify(security)} the start is to be refused, got ${JSON.stringify(reply)}`,
        );
        session.must(
          code === undefined || reply.refused.code === code,
          "SEC-002",
          () => `wanted ${code}, got ${JSON.stringify(reply)}`,
        );
      }
    },
  },
  {
    id: "security/no-start-without-secret",
    requirements: ["SEC-064"],
    title: "A gateway with credentials and without a signing secret does not start",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const { credentials } = SECURITY;
      await session.start({ security: { credentials, secrets: SECRET } });
      const reply = await session.tryStart({ security: { credentials } });
      session.must(
        reply.refused?.code === "secret-missing",
        "SEC-064",
        () => `wanted secret-missing, got ${JSON.stringify(reply)}`,
      );
    },
  },
  {
    id: "security/weak-tokens",
    requirements: ["SEC-042"],
    title: "A token of 21 characters, or of 31 hexadecimal digits, is too short to start with",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const hex = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
      const text = "Zk9_vQ2-xW7~pL4.mT8+hY";
      const rows: readonly (readonly [JsonObject | string, boolean])[] = [
        [text, true],
        [text.slice(0, 21), false],
        [text.slice(0, 8), false],
        [hex, true],
        [hex.toUpperCase(), true],
        [hex.slice(0, 31), false],
        [hex.slice(0, 22), false],
        [hex.slice(0, 31).toUpperCase(), false],
        // One letter more than hexadecimal digits.
        [`${hex.slice(0, 21)}g`, true],
      ];
      for (const [token, good] of rows) {
        // The other of two tokens is no excuse.
        for (const tokens of [token, ["vJ3_nR6-bC1~sD9.kF5+gH2w", token]]) {
          const credentials = [{ name: "admin", token: tokens, scopes: ["admin"] }] as unknown as JsonObject[];
          const reply = await session.tryStart({ security: { secrets: SECRET, credentials } });
          session.must(
            (reply.ok !== undefined) === good,
            "SEC-042",
            () => `the token ${token} of ${String(token).length} characters: ${JSON.stringify(reply)}`,
          );
          if (!good) continue;
          const { status } = await http(session, "GET", "/services", { headers: bearer(String(token)) });
          session.must(status === 200, "SEC-042", `the token ${token} is good, and was answered ${status}`);
        }
      }
    },
  },
];
