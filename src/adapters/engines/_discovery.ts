import { digest } from "../../core/bus/delivery_id.ts";
import type { Registry } from "../../core/registry/registry.ts";
import { announce, parseManifest } from "../../core/registry/manifest.ts";
import type { Registration } from "../../core/registry/registration.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Transport } from "../../ports/transport.ts";

const EVERY_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** Finds services by their URLs, and finds them again when they have gone: a Worker never announces itself. */
export class Discovery {
  private readonly found = new Map<string, { service: string; instance: string }>();
  private cancel: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly urls: readonly string[],
    private readonly registry: Registry,
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly register: (url: string) => Promise<{ name: string; instance: string }>,
  ) {}

  /** Begins to look. */
  start(): void {
    if (this.urls.length === 0 || this.stopped) return;
    for (const url of this.urls) if (!this.isFound(url)) this.look(url);
    this.cancel = this.clock.wakeAt(this.clock.nowMs() + EVERY_MS, () => this.start());
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  /** Reads the manifest at a URL as a registration. */
  async read(url: string): Promise<Registration> {
    const manifest = parseManifest(await this.transport.manifest(url, TIMEOUT_MS));
    return announce(manifest, url, `url-${digest(url)}`);
  }

  private isFound(url: string): boolean {
    const at = this.found.get(url);
    return at !== undefined && this.registry.knownInstance(at.service, at.instance);
  }

  private look(url: string): void {
    this.register(url).then(({ name, instance }) => {
      this.found.set(url, { service: name, instance });
    }, () => {
      // Not there yet: the next round asks again.
    });
  }
}
