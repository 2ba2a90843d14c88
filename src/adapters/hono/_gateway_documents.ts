/**
 * What machines read of the gateway: its routes as OpenAPI, its events as AsyncAPI.
 *
 * @module
 */
import { assertMayObserve } from "../../security/permission.ts";
import { type Call, type Described, EVERYBODY, JSON_TYPE } from "./_gateway.ts";
import { mountOf } from "./_mount.ts";

/** Makes the document when it is first asked for, and again if that failed. */
export function openapiText(described: () => Described): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () =>
    made ??= import("./_openapi.ts").then(({ openapiOf }) => openapiOf(described())).then(JSON.stringify).catch(
      (error) => {
        made = undefined;
        throw error;
      },
    );
}

/** `GET /openapi.json` */
export async function openapi({ c, gateway }: Call): Promise<Response> {
  const servers = JSON.stringify([{ url: mountOf(c) || "/" }]);
  // One text for all mounts: a mount with a parameter has as many paths as callers care to make up.
  const document = await gateway.openapi();
  return c.body(`{"servers":${servers},${document.slice(1)}`, 200, JSON_TYPE);
}

/** `GET /asyncapi.json` */
export async function asyncapi({ c, engine, gateway, principal }: Call): Promise<Response> {
  assertMayObserve(principal);
  const services = await engine.services();
  const { asyncapiOf } = await import("./_asyncapi.ts");
  const { host, protocol } = new URL(c.req.url);
  const { name, version } = gateway;
  return c.json(asyncapiOf(services, {
    name,
    version,
    secured: principal !== EVERYBODY,
    server: { host, protocol: protocol.slice(0, -1), pathname: mountOf(c) || "/" },
  }));
}
