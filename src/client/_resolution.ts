import { BellhopError } from "../core/error.ts";
import type { InstanceView, ServiceView } from "../core/registry/view.ts";
import { ask, type Gateway } from "./_gateway.ts";

/** How long a resolution is believed, and how many are kept. */
const FRESH_MS = 5_000;
const MOST_SERVICES = 256;

/** An instance that was chosen for a call. */
export interface Chosen {
  readonly instance: string;
  /** Scheme, host and port of its endpoint. */
  readonly origin: string;
  /** To be called once, when the call has ended. */
  done(): void;
}

/** Which instances a service has, as far as the client knows, and how busy this client keeps them. */
export interface Resolution {
  /**
   * The less busy of two that are drawn at random among the best: healthy, breaker closed, not tried by this call
   * before (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
   *
   * @throws {BellhopError} `service-unknown`, `no-instance`, or as the gateway refuses
   */
  choose(name: string, tried: ReadonlySet<string>, signal: AbortSignal): Promise<Chosen>;
  /** Something was wrong with an instance: the next choice asks the gateway. */
  forget(name: string): void;
}

interface Known {
  readonly atMs: number;
  readonly service: Promise<ServiceView>;
}

export function createResolution(gateway: Gateway): Resolution {
  const known = new Map<string, Known>();
  const busy = new Map<string, number>();

  function lookUp(name: string, signal: AbortSignal): Promise<ServiceView> {
    const nowMs = gateway.clock.nowMs();
    const found = known.get(name);
    if (found !== undefined && nowMs - found.atMs < FRESH_MS) return found.service;
    known.delete(name);
    if (known.size >= MOST_SERVICES) known.delete(known.keys().next().value!);
    const service = ask(gateway, "GET", `services/${encodeURIComponent(name)}`, signal)
      .then(({ body }) => body as unknown as ServiceView);
    known.set(name, { atMs: nowMs, service });
    // A call that was given up or failed says nothing to the next.
    service.catch(() => known.get(name)?.service === service && known.delete(name));
    return service;
  }

  async function choose(name: string, tried: ReadonlySet<string>, signal: AbortSignal): Promise<Chosen> {
    const { instances } = await lookUp(name, signal);
    const best = bestOf(Array.isArray(instances) ? instances.filter(isCalled) : [], tried);
    if (best.length === 0) {
      known.delete(name);
      throw new BellhopError("no-instance", `${name} has no instance`);
    }
    const { length } = best;
    const draw = (choices: number) => Math.floor(gateway.random() * choices);
    const first = draw(length);
    const second = length === 1 ? first : (first + 1 + draw(length - 1)) % length;
    const load = (place: number) => busy.get(`${name}@${best[place].instance}`) ?? 0;
    const { instance, endpoint } = best[load(second) < load(first) ? second : first];
    const key = `${name}@${instance}`;
    busy.set(key, (busy.get(key) ?? 0) + 1);
    return {
      instance,
      origin: new URL(endpoint).origin,
      done() {
        const left = busy.get(key)! - 1;
        if (left === 0) busy.delete(key);
        else busy.set(key, left);
      },
    };
  }

  return { choose, forget: (name) => void known.delete(name) };
}

type CalledView = InstanceView & { readonly endpoint: string };

/** One that pulls cannot be called. */
function isCalled(instance: InstanceView): instance is CalledView {
  return typeof instance.endpoint === "string";
}

/** Those that share the highest rank. */
function bestOf(instances: readonly CalledView[], tried: ReadonlySet<string>): readonly CalledView[] {
  const rank = ({ healthy, breaker, instance }: CalledView) =>
    (healthy ? 4 : 0) + (breaker === "closed" ? 2 : 0) + (tried.has(instance) ? 0 : 1);
  const most = Math.max(...instances.map(rank));
  return instances.filter((instance) => rank(instance) === most);
}
