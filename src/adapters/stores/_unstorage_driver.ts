import { BellhopError } from "../../core/error.ts";

/** What is looked at of a driver. */
export interface UnstorageDriver {
  /** What it is called; the drivers of unstorage all have a name. */
  readonly name?: string;
  /** What it was made with. */
  // deno-lint-ignore no-explicit-any -- each driver has its own
  readonly options?: any;
}

const CLOUDFLARE_KV =
  "Cloudflare KV is eventually consistent: for a minute and more a read or a list elsewhere, such as " +
  "that of a restarted gateway, may miss an acknowledged message or bring back one that was deleted, and a key takes " +
  "one write a second; keep messages in a Durable Object";
const OTHER_VALUES = "its values end at 65,536 bytes, a store must keep records of 98,304; use denoKv()";
const CACHE = "it is a cache, which forgets what it likes";

/** Drivers that cannot keep the contract, however they are set up, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  "cloudflare-kv-binding": CLOUDFLARE_KV,
  "cloudflare-kv-http": CLOUDFLARE_KV,
  "deno-kv": OTHER_VALUES,
  "deno-kv-node": OTHER_VALUES,
  "lru-cache": CACHE,
  "vercel-runtime-cache": CACHE,
  "null": "it keeps nothing",
  "overlay": "what its layers are cannot be seen, and a delete leaves an item behind",
};

/** Throws `argument-invalid`, with the reason, for a driver that is known not to keep what it has acknowledged. */
export function checkDriver({ name = "", options }: UnstorageDriver): void {
  const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : weakNetlify(name, options) ? WEAK_NETLIFY : undefined;
  if (reason === undefined) return;
  throw new BellhopError("argument-invalid", `storage: the driver ${name} cannot keep messages: ${reason}`, {
    field: "storage",
  });
}

const WEAK_NETLIFY = 'Netlify Blobs are eventually consistent unless made with consistency: "strong"';

function weakNetlify(name: string, options: UnstorageDriver["options"]): boolean {
  return name === "netlify-blobs" && options?.consistency !== "strong";
}
