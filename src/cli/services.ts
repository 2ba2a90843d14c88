/**
 * `bellhop services`: who is registered.
 *
 * @module
 */
import type { InstanceView, ServiceView } from "../core/registry/view.ts";
import type { Given } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { paintFor } from "./colour.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, type GatewayAddress, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { printable } from "./printable.ts";
import { suggestion } from "./suggest.ts";
import { table } from "./table.ts";

export const SERVICES: Command = {
  name: "services",
  summary: "list the services that are registered",
  about: "Lists the services of a gateway, with their instances, their health and what they subscribe to.",
  usage: "[options]",
  options: { ...GATEWAY_OPTIONS, ...JSON_OPTION },
  examples: ["bellhop services", "bellhop services --json | jq -r '.services[].instances[].endpoint'"],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  if (positionals.length > 0) {
    const hint = suggestion(positionals[0], ["add"], "services ");
    throw new Stop(EXIT.usage, `services takes no argument, got ${JSON.stringify(positionals[0])}${hint}`);
  }
  const services = await allServices(await gatewayAddress(values));
  if (values.json === true) print(JSON.stringify({ services }));
  else if (services.length === 0) tell("no service is registered; `bellhop services add URL` discovers one");
  else for (const line of table(HEADER, services.map(serviceRow), paintFor())) print(line);
  return EXIT.done;
}

async function allServices(address: GatewayAddress): Promise<readonly ServiceView[]> {
  const all: ServiceView[] = [];
  let after: string | null = "";
  while (after !== null) {
    const from: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await ask(address, "GET", `/services?limit=1000${from}`) as Partial<ServicePage> | undefined;
    all.push(...page?.services ?? []);
    after = page?.after ?? null;
  }
  return all;
}

interface ServicePage {
  readonly services: readonly ServiceView[];
  readonly after: string | null;
}

/** The header of the table of services. */
export const HEADER = ["NAME", "VERSION", "INSTANCES", "HEALTH", "SUBSCRIPTIONS"] as const;

/** One row of the table of services. */
export function serviceRow({ name, version, instances, subscriptions }: ServiceView): string[] {
  const cells = [name, version, String(instances.length), healthOf(instances), subscriptions.join(" ") || "-"];
  return cells.map((cell) => printable(cell));
}

/** The worst that can be said of the instances, with how many there are of it. */
function healthOf(instances: readonly InstanceView[]): string {
  if (instances.length === 0) return "down";
  const unhealthy = instances.filter(({ healthy }) => !healthy).length;
  const open = instances.filter(({ breaker }) => breaker === "open").length;
  const suspect = instances.filter(({ state }) => state === "suspect").length;
  const said = [[unhealthy, "unhealthy"], [open, "breaker open"], [suspect, "suspect"]] as const;
  const bad = said.filter(([count]) => count > 0)
    .map(([count, word]) => count === instances.length ? word : `${count} ${word}`);
  return bad.length === 0 ? "healthy" : bad.join(", ");
}
