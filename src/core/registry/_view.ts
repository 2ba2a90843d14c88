/** The views of the state. */
import type { InstanceState, ServiceState } from "./_state.ts";
import { PULL_ENDPOINT } from "./registration.ts";
import type { InstanceView, ServiceView } from "./view.ts";

/** What the state shows of a service. */
export function viewService(service: Readonly<ServiceState>): ServiceView {
  const { settings } = service;
  return {
    name: service.name,
    ...settings,
    registeredMs: service.registeredMs,
    ...(service.endMs < 0 ? {} : { endMs: service.endMs }),
    instances: service.instances.map(viewInstance),
  };
}

function viewInstance(instance: Readonly<InstanceState>): InstanceView {
  const { endpoint } = instance.chosen;
  return {
    instance: instance.id,
    version: instance.version,
    ...(endpoint === PULL_ENDPOINT ? {} : { endpoint }),
    state: instance.suspectSinceMs < 0 ? "live" : "suspect",
    healthy: instance.health.healthy,
    breaker: instance.breaker.openUntilMs === null ? "closed" : "open",
    inFlight: instance.inFlight,
    leaseMs: instance.leaseMs,
    leaseEndMs: instance.leaseEndMs,
    registeredMs: instance.registeredMs,
    ...(instance.rate === undefined ? {} : { ratePerMinute: instance.rate.ratePerMinute }),
  };
}
