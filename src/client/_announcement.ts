import { serialize } from "../core/envelope/serialize.ts";
import { BellhopError } from "../core/error.ts";
import { retry } from "../retry/retry.ts";
import { type Gateway, send } from "./_gateway.ts";
import { late } from "./_late.ts";
import { newId } from "./_new_id.ts";
import { timeLimit } from "./_time_limit.ts";

/** One request to the registry may take so long. */
const REQUEST_MS = 5_000;
/** Soonest and latest next try after a renewal that failed for another reason than an unknown lease. */
const SOONEST_MS = 500;

/** An instance that is registered, and is kept so. */
export interface Announcement {
  /** The instance's id, as the gateway knows it. */
  readonly instance: string;
  /** The lease token of this moment. */
  readonly lease: string;
  /** Registers anew, since the gateway does not know the lease; those who ask meanwhile share one registration. */
  renewed(): Promise<void>;
  /** Renews no more, and deregisters; a gateway that cannot be told finds out by the lease. */
  end(): Promise<void>;
}

/**
 * Registers an instance and renews its lease until it is ended.
 *
 * @param registration the data of `service.register`
 * @param trouble told of registrations and renewals that failed, which are tried again
 * @throws {BellhopError} what the gateway refuses with, or `deadline-exceeded` if it did not answer in `timeoutMs`
 */
export async function announce(
  gateway: Gateway,
  source: string,
  registration: Readonly<Record<string, unknown>>,
  timeoutMs: number,
  trouble: (error: unknown) => void,
): Promise<Announcement> {
  const { clock } = gateway;
  let instance = registration.instance;
  let lease = "";
  let renewEveryMs = 0;
  let failures = 0;
  let ended = false;
  let cancel = () => {};
  let registering: Promise<void> | undefined;

  async function request(type: string, data: unknown, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const id = newId();
    const envelope = serialize({ specversion: "1.0", id, source, type, datacontenttype: "application/json", data });
    const slow = () => new BellhopError("timeout", `${type} took longer than ${REQUEST_MS} ms`);
    const limit = timeLimit(clock, REQUEST_MS, slow, gateway.closed, signal);
    try {
      const { body } = await send(gateway, "registry", envelope, limit.signal);
      return (body.data ?? {}) as Record<string, unknown>;
    } finally {
      limit.end();
    }
  }

  async function register(signal?: AbortSignal): Promise<void> {
    const data = await request("service.register", { ...registration, instance }, signal);
    if (typeof data.lease !== "string" || typeof data.instance !== "string" || !(Number(data.renewEveryMs) >= 1)) {
      throw new BellhopError("unreachable", `${gateway.url} is no gateway: it answered without a lease`);
    }
    // Named from now on, so that registering again replaces the instance.
    instance = data.instance;
    lease = data.lease;
    renewEveryMs = Number(data.renewEveryMs);
  }

  function renewed(): Promise<void> {
    return registering ??= register().finally(() => registering = undefined);
  }

  async function renew(): Promise<void> {
    try {
      await request("service.renew", { lease }).catch((error) => {
        if (isLeaseUnknown(error) && !ended) return renewed();
        throw error;
      });
      failures = 0;
    } catch (error) {
      failures++;
      if (!ended) trouble(error);
    }
    if (!ended) schedule();
  }

  function schedule(): void {
    const soonMs = SOONEST_MS * 2 ** Math.min(failures, 10) * (0.5 + gateway.random() / 2);
    const waitMs = failures === 0 ? renewEveryMs : Math.min(renewEveryMs, soonMs);
    cancel = clock.wakeAt(clock.nowMs() + waitMs, () => void renew());
  }

  let last: unknown;
  const limit = timeLimit(clock, timeoutMs, () => late(`not registered within ${timeoutMs} ms`, last), gateway.closed);
  try {
    await retry(({ signal }) => register(signal), { retries: "unlimited", baseMs: 250, capMs: 5_000 }, {
      signal: limit.signal,
      clock,
      random: gateway.random,
      shouldRetry: (error) => !(error instanceof BellhopError) || error.retry,
      onRetry: ({ error }) => {
        last = error;
        trouble(error);
      },
    });
  } finally {
    limit.end();
  }
  schedule();

  return {
    get instance() {
      return String(instance);
    },
    get lease() {
      return lease;
    },
    renewed,
    async end() {
      ended = true;
      cancel();
      await registering?.catch(() => {});
      await request("service.deregister", { lease }).catch(() => {});
    },
  };
}

/** Whether the gateway does not know the lease any more. */
export function isLeaseUnknown(error: unknown): boolean {
  return error instanceof BellhopError && error.code === "lease-unknown";
}
