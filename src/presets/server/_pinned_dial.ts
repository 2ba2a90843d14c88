/**
 * Requests that go to an address which was checked, whatever the name's owner tells a resolver meanwhile: `fetch` over
 * the HTTP client of Node, which Deno has too, as neither's own `fetch` lets the address be chosen.
 *
 * @module
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import type { Readable } from "node:stream";
import type { Dial } from "../../adapters/transports/fetch.ts";

/** Below the five seconds after which servers of Node close what is idle. */
const IDLE_MS = 4_000;
const MOST_IDLE = 64;
const FRAMING = [
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "expect",
  "te",
  "trailer",
  "upgrade",
];
const BODILESS = new Set([204, 205, 304]);

/** A dial, and the end of the connections that it keeps. */
export interface PinnedDial {
  readonly dial: Dial;
  close(): void;
}

/** Keeps connections alive by host: one that is used again goes to where it went when it was checked. */
export function pinnedDial(): PinnedDial {
  let loading: ReturnType<typeof load> | undefined;

  async function dial(url: string, init: RequestInit, addresses: readonly string[]): Promise<Response> {
    if (addresses.length === 0) throw new TypeError("no address was checked");
    const { http, https, stream, zlib, agents } = await (loading ??= load());
    const { signal, method = "GET" } = init;
    const body = counted(init.body ?? null);
    signal?.throwIfAborted();
    const target = new URL(url);
    const secure = target.protocol === "https:";
    const headers = Object.fromEntries(new Headers(init.headers));
    // Where a body ends is said by what sends it, as with fetch, which takes none of these: a length that is not true, or
    // none for a method that seldom has a body, would let a caller write the next request on this connection.
    for (const name of FRAMING) delete headers[name];
    if (body instanceof ReadableStream) headers["transfer-encoding"] = "chunked";
    else if (body !== null) headers["content-length"] = String(body.length);
    const options: RequestOptions = {
      method,
      headers,
      agent: secure ? agents.https : agents.http,
      lookup: lookupOf(addresses),
    };

    return await new Promise<Response>((resolve, reject) => {
      const request = (secure ? https : http).request(target, options);
      const abort = () => {
        reject(signal!.reason);
        request.destroy();
      };
      signal?.addEventListener("abort", abort, { once: true });
      request.on("error", reject);
      request.on("close", () => signal?.removeEventListener("abort", abort));
      request.on("response", (incoming) => {
        try {
          resolve(responseTo(incoming));
        } catch (error) {
          incoming.destroy();
          reject(error);
        }
      });
      // What would change the protocol is not taken up.
      request.on("upgrade", (_incoming, socket) => {
        socket.destroy();
        reject(new TypeError("the other side changes the protocol"));
      });
      if (!(body instanceof ReadableStream)) return request.end(body);
      // deno-lint-ignore no-explicit-any -- Node's own type of a web stream
      stream.pipeline(stream.Readable.fromWeb(body as any), request, (error) => error && reject(error));
    });

    function responseTo(incoming: IncomingMessage): Response {
      incoming.on("error", ignore);
      const { statusCode: status = 0, rawHeaders } = incoming;
      const headers = new Headers();
      for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i], rawHeaders[i + 1]);
      if (BODILESS.has(status) || method === "HEAD") {
        incoming.resume();
        return new Response(null, { status, headers });
      }
      const decoder = decoderOf(zlib, headers.get("content-encoding"));
      const plain = decoder === undefined ? incoming : stream.pipeline(incoming, decoder, ignore);
      plain.on("error", ignore);
      const body = bodyOf(plain, () => {
        plain.destroy();
        incoming.destroy();
      });
      return new Response(body, { status, headers });
    }
  }

  return {
    dial,
    close: () =>
      void loading?.then(({ agents }) => {
        agents.http.destroy();
        agents.https.destroy();
      }),
  };
}

/**
 * What is read of a stream of Node's, when it is asked for. Not by `Readable.toWeb`: Deno's goes on to hand over what was
 * decoded after the reader has left, which ends the process, and whether that happens is the other side's choice.
 */
function bodyOf(source: Readable, leave: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: leave,
  }, { highWaterMark: 0 });
}

/** As bytes whose number is known, or as a stream. */
function counted(body: BodyInit | null): Uint8Array | ReadableStream<Uint8Array> | null {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body === null || body instanceof Uint8Array || body instanceof ReadableStream) return body;
  return new Response(body).body;
}

function ignore(): void {}

async function load() {
  const [http, https, stream, zlib] = await Promise.all([
    import("node:http"),
    import("node:https"),
    import("node:stream"),
    import("node:zlib"),
  ]);
  const options = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: MOST_IDLE };
  return { http, https, stream, zlib, agents: { http: new http.Agent(options), https: new https.Agent(options) } };
}

/** In place of the platform's resolver: the addresses that were checked, and no other. */
function lookupOf(addresses: readonly string[]): NonNullable<RequestOptions["lookup"]> {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  return (_host, options, answer) => {
    if (options.all === true) return answer(null, found);
    answer(null, found[0].address, found[0].family);
  };
}

/** As `fetch` does it. */
function decoderOf(zlib: typeof import("node:zlib"), encoding: string | null) {
  switch (encoding?.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip();
    case "deflate":
      return zlib.createInflate();
    case "br":
      return zlib.createBrotliDecompress();
  }
  return undefined;
}
