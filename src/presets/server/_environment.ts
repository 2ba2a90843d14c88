/**
 * The environment, which presets alone read: arguments win over it.
 *
 * @module
 */

interface Platform {
  readonly Deno?: {
    readonly env: { get(name: string): string | undefined };
    readonly permissions: { querySync(given: { name: "env"; variable: string }): { readonly state: string } };
  };
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/** A variable, `undefined` if it is empty, not set, or may not be read: nobody is asked for a permission here. */
export function environment(name: string): string | undefined {
  const { Deno: deno, process } = globalThis as Platform;
  if (deno === undefined) return process?.env?.[name] || undefined;
  const allowed = deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
  return (allowed ? deno.env.get(name) : undefined) || undefined;
}

/** Where `bellhop dev` listens unless it is told otherwise. */
const DEV_GATEWAY = "http://127.0.0.1:8000";

/** Whether what runs here is being developed: `BELLHOP_DEV` is `1`. */
export function isDev(): boolean {
  return environment("BELLHOP_DEV") === "1";
}

/**
 * `BELLHOP_URL`. While something is developed only one of this machine counts, and without it that of `bellhop dev`: a
 * variable left from elsewhere must not lead a trial's messages there.
 */
export function gatewayFromEnvironment(): string | undefined {
  const url = environment("BELLHOP_URL");
  return isDev() && (url === undefined || !isLoopback(url)) ? DEV_GATEWAY : url;
}

/**
 * `BELLHOP_TOKEN`, unless the environment names another gateway than this: its credential is for that one alone. The
 * gateway of `bellhop dev` wants none.
 */
export function tokenFromEnvironment(gateway: string | undefined): string | undefined {
  if (gateway === undefined && isDev()) return undefined;
  const home = environment("BELLHOP_URL");
  if (home !== undefined && gateway !== undefined && originOf(home) !== originOf(gateway)) return undefined;
  return environment("BELLHOP_TOKEN");
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

/** `BELLHOP_SIGNING_SECRET`: one secret, or two with a comma or a space between. */
export function signingSecretFromEnvironment(): readonly string[] | undefined {
  return environment("BELLHOP_SIGNING_SECRET")?.split(/[\s,]+/).filter((secret) => secret !== "");
}
