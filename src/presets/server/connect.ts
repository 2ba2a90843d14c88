/**
 * `connect()` for servers: what is not said comes from the environment.
 *
 * @module
 */
import { type Client, connect as connectAs, type ConnectOptions } from "../../client/connect.ts";
import type { Token } from "../../client/token.ts";
import { BellhopError } from "../../core/error.ts";
import type { ServiceDefinition } from "../../service/definition.ts";
import { gatewayFromEnvironment, tokenFromEnvironment } from "./_environment.ts";

/** As for `connect()` of the entry `./client`, but that gateway and token may come from the environment. */
export interface ServerConnectOptions extends Omit<ConnectOptions, "gateway"> {
  /** URL that the gateway is mounted at. Default: `BELLHOP_URL`; with `BELLHOP_DEV=1` as for `service()`. */
  readonly gateway?: string;
  /**
   * Credential, sent to the gateway as a bearer token and to nobody else. Default: `BELLHOP_TOKEN`, but not for a
   * gateway elsewhere than at `BELLHOP_URL`, if that is set.
   */
  readonly token?: Token;
}

/**
 * Connects a service to a gateway, or somebody who only publishes and calls: see `connect()` of the entry `./client`.
 *
 * @throws {BellhopError} `argument-invalid`, `registration-invalid`, `deadline-exceeded`, or as the gateway refuses
 *
 * @example
 * ```ts
 * import { connect, gateway, serve } from "@bellhop/bellhop/server";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * await using bus = gateway({ open: true });
 * await using server = await serve(new Hono().route("/bus", bus), { port: 0 });
 * await using client = await connect({ gateway: `${server.url}/bus` });
 * assertEquals((await client.publish("user.created", { id: "42" })).receivers, []);
 * ```
 */
export function connect(service: ServiceDefinition, options?: ServerConnectOptions): Promise<Client>;
/** Connects somebody who only publishes and calls. */
export function connect(options?: ServerConnectOptions): Promise<Client>;
export function connect(
  first: ServiceDefinition | ServerConnectOptions = {},
  second?: ServerConnectOptions,
): Promise<Client> {
  if (typeof first !== "object" || first === null) {
    return Promise.reject(new BellhopError("argument-invalid", "wanted a service, or options", { field: "options" }));
  }
  const service = "manifest" in first ? first : undefined;
  const given = service === undefined ? first as ServerConnectOptions : second;
  const token = given?.token ?? tokenFromEnvironment(given?.gateway);
  const options: ConnectOptions = {
    ...(service === undefined ? {} : { onError: logged(service.manifest().name) }),
    ...given,
    gateway: given?.gateway ?? gatewayFromEnvironment() ?? "",
    ...(token === undefined ? {} : { token }),
  };
  return service === undefined ? connectAs(options) : connectAs(service, options);
}

/** A line on the console for each new trouble: who waits for a gateway that is not there shall see it. */
function logged(name: string): (error: unknown) => void {
  let last = "";
  return (error) => {
    const said = error instanceof Error ? error.message : String(error);
    // deno-lint-ignore no-console
    if (said !== last) console.error(`bellhop: ${name}: ${said}; trying again`);
    last = said;
  };
}
