/**
 * What a principal may do: each question once as a boolean, once as an assertion that says which scope is lacking.
 *
 * @module
 */
import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError } from "../core/error.ts";
import { matches } from "../core/registry/pattern.ts";
import type { Principal } from "./credentials.ts";
import { bindsSource } from "./source_prefix.ts";

/** What is looked at of an envelope. */
export type Publishing = Pick<Envelope, "source" | "type" | "priority" | "replyto">;

/**
 * Whether it may publish the envelope: a pattern of its scopes matches the type, the priority CRITICAL has its scope,
 * a prefix binds the source, and the instance that waits for a reply is one of a service that it may register: who
 * replies does so with a credential of their own, which nobody else is to aim.
 *
 * Source: spec SEC, "Scopes".
 *
 * @example
 * ```ts
 * import { createCredentials, mayPublish, newToken } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const token = newToken();
 * const scopes = ["publish:order.*", "publish:critical"];
 * const credentials = createCredentials([{ name: "orders", token, scopes, sources: ["/orders"] }]);
 * const orders = await credentials.authenticate(`Bearer ${token}`);
 * assertEquals(mayPublish(orders, { source: "/orders", type: "order.paid", priority: "CRITICAL" }), true);
 * assertEquals(mayPublish(orders, { source: "/orders", type: "user.created" }), false);
 * ```
 */
export function mayPublish(principal: Principal, envelope: Publishing): boolean {
  return publishLack(principal, envelope) === undefined;
}

/**
 * Lets an envelope pass that {@linkcode mayPublish}.
 *
 * @throws {BellhopError} `forbidden`, the lacking scope or source in its detail
 *
 * @example
 * ```ts
 * import { assertMayPublish, parseScopes } from "@bellhop/bellhop/security";
 * import { assertThrows } from "@std/assert";
 * const reader = { name: "reader", grants: parseScopes(["observe"]), sources: [] };
 * assertThrows(() => assertMayPublish(reader, { source: "/a", type: "user.created" }), Error, "publish:user.created");
 * ```
 */
export function assertMayPublish(principal: Principal, envelope: Publishing): void {
  const lack = publishLack(principal, envelope);
  if (lack !== undefined) throw new BellhopError("forbidden", lack);
}

/**
 * Whether it may register the service, or, without a name, any at all: so much is asked of who renews or deregisters,
 * whose lease token proves the rest. Discovery, which learns the name last, wants `*` for its name.
 *
 * @example
 * ```ts
 * import { mayRegister, parseScopes } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const users = { name: "users", grants: parseScopes(["register:users"]), sources: [] };
 * assertEquals(["users", "orders", "*", undefined].map((name) => mayRegister(users, name)), [true, false, false, true]);
 * ```
 */
export function mayRegister({ grants }: Principal, service?: string): boolean {
  return grants.admin || (service === undefined ? grants.register.length > 0 : names(grants.register, service));
}

/** Lets pass who {@linkcode mayRegister}. @throws {BellhopError} `forbidden`, the lacking scope in its detail */
export function assertMayRegister(principal: Principal, service?: string): void {
  if (!mayRegister(principal, service)) throw lacking(`register:${service ?? "<service>"}`);
}

/**
 * Whether it may call the service through the gateway, and resolve it by its name.
 *
 * @example
 * ```ts
 * import { mayCall, parseScopes } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const page = { name: "page", grants: parseScopes(["call:users"]), sources: [] };
 * assertEquals([mayCall(page, "users"), mayCall(page, "billing")], [true, false]);
 * ```
 */
export function mayCall({ grants }: Principal, service: string): boolean {
  return grants.admin || names(grants.call, service);
}

/** Lets pass who {@linkcode mayCall}. @throws {BellhopError} `forbidden`, the lacking scope in its detail */
export function assertMayCall(principal: Principal, service: string): void {
  if (!mayCall(principal, service)) throw lacking(`call:${service}`);
}

/** Whether it may read the registration of the service: who may call it or observe may. */
export function mayResolve(principal: Principal, service: string): boolean {
  return mayObserve(principal) || mayCall(principal, service);
}

/** Lets pass who {@linkcode mayResolve}. @throws {BellhopError} `forbidden`, the lacking scope in its detail */
export function assertMayResolve(principal: Principal, service: string): void {
  if (!mayResolve(principal, service)) throw lacking(`call:${service}`);
}

/**
 * Whether it may read lists, dead letters, the trace, and the status of any message.
 *
 * @example
 * ```ts
 * import { mayAdmin, mayObserve, parseScopes } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const dashboard = { name: "dashboard", grants: parseScopes(["observe"]), sources: [] };
 * assertEquals([mayObserve(dashboard), mayAdmin(dashboard)], [true, false]);
 * ```
 */
export function mayObserve({ grants }: Principal): boolean {
  return grants.admin || grants.observe;
}

/** Lets pass who {@linkcode mayObserve}. @throws {BellhopError} `forbidden` */
export function assertMayObserve(principal: Principal): void {
  if (!mayObserve(principal)) throw lacking("observe");
}

/** Whether it may do everything: redrive and discard dead letters, cancel any message. */
export function mayAdmin({ grants }: Principal): boolean {
  return grants.admin;
}

/** Lets pass who {@linkcode mayAdmin}. @throws {BellhopError} `forbidden` */
export function assertMayAdmin(principal: Principal): void {
  if (!mayAdmin(principal)) throw lacking("admin");
}

/**
 * Whether messages with the source are its own: it publishes, and a prefix binds the source. Of its own messages it may
 * ask the status, and cancel them. Ask before looking the message up, so that the answer tells nothing of others'.
 *
 * @example
 * ```ts
 * import { mayCancel, maySeeStatus, parseScopes } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const orders = { name: "orders", grants: parseScopes(["publish:order.*"]), sources: ["/orders"] };
 * assertEquals([maySeeStatus(orders, "/orders"), maySeeStatus(orders, "/users")], [true, false]);
 * const dashboard = { name: "dashboard", grants: parseScopes(["observe"]), sources: [] };
 * assertEquals([maySeeStatus(dashboard, "/orders"), mayCancel(dashboard, "/orders")], [true, false]);
 * ```
 */
export function maySeeStatus(principal: Principal, source: string): boolean {
  return mayObserve(principal) || owns(principal, source);
}

/** Lets pass who {@linkcode maySeeStatus}. @throws {BellhopError} `forbidden` */
export function assertMaySeeStatus(principal: Principal, source: string): void {
  if (!maySeeStatus(principal, source)) throw lacking("observe", ", for the source is none of the credential's own");
}

/** Whether it may cancel messages with the source: its own, or, as an admin, all. */
export function mayCancel(principal: Principal, source: string): boolean {
  return mayAdmin(principal) || owns(principal, source);
}

/** Lets pass who {@linkcode mayCancel}. @throws {BellhopError} `forbidden` */
export function assertMayCancel(principal: Principal, source: string): void {
  if (!mayCancel(principal, source)) throw lacking("admin", ", for the source is none of the credential's own");
}

function publishLack(principal: Principal, { source, type, priority, replyto }: Publishing): string | undefined {
  const { grants, sources } = principal;
  if (!grants.admin) {
    if (!grants.publish.some((pattern) => matches(pattern, type))) return lack(`publish:${type}`);
    if (priority === "CRITICAL" && !grants.critical) return lack("publish:critical");
    const asking = replyto?.split("@", 1)[0];
    if (asking !== undefined && !mayRegister(principal, asking)) return lack(`register:${asking}`) + ", for replyto";
  }
  if (sources === undefined || binds(sources, source)) return undefined;
  return `The credential is not bound to a prefix of the source ${source}`;
}

/** Messages of an admin without prefixes are seen as an admin, not as their owner. */
function owns({ grants, sources }: Principal, source: string): boolean {
  return grants.publish.length > 0 && sources !== undefined && binds(sources, source);
}

function binds(sources: readonly string[], source: string): boolean {
  return sources.some((prefix) => bindsSource(prefix, source));
}

function names(granted: readonly string[], service: string): boolean {
  return granted.includes("*") || granted.includes(service);
}

function lacking(scope: string, why = ""): BellhopError {
  return new BellhopError("forbidden", lack(scope) + why);
}

function lack(scope: string): string {
  return `The credential lacks the scope ${scope}`;
}
