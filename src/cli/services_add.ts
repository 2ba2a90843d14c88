/**
 * `bellhop services add`: has a gateway discover services.
 *
 * @module
 */
import type { ServiceView } from "../core/registry/view.ts";
import type { Given } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { paintFor } from "./colour.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { print } from "./output.ts";
import { HEADER, serviceRow } from "./services.ts";
import { table } from "./table.ts";
import { serviceUrl } from "./watch_service.ts";

export const SERVICES_ADD: Command = {
  name: "services add",
  summary: "have the gateway discover the service at a URL",
  about: "Has the gateway fetch the manifest at the URL that a service is mounted at, and register what it says.",
  usage: "URL... [options]",
  options: { ...GATEWAY_OPTIONS, ...JSON_OPTION },
  examples: [
    "bellhop services add http://127.0.0.1:8001/bellhop",
    "bellhop services add localhost:8001/bellhop localhost:8002/bellhop",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  if (positionals.length === 0) {
    throw new Stop(EXIT.usage, "wanted the URL that a service is mounted at, as http://127.0.0.1:8001/bellhop");
  }
  const urls = positionals.map((text) => {
    const url = serviceUrl(text);
    if (url === undefined) throw new Stop(EXIT.usage, `wanted the URL of a service, got ${JSON.stringify(text)}`);
    return url;
  });
  const address = await gatewayAddress(values);
  const services: ServiceView[] = [];
  for (const url of urls) services.push(await ask(address, "POST", "/discover", { url }) as ServiceView);
  if (values.json === true) print(JSON.stringify({ services }));
  else for (const line of table(HEADER, services.map(serviceRow), paintFor())) print(line);
  return EXIT.done;
}
