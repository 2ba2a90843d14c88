/**
 * A service that consents to every gateway and notes what it is given.
 *
 * @module
 */

/** It listens until it is disposed of. */
export interface Receiver extends AsyncDisposable {
  /** Its endpoint. */
  readonly url: string;
  /** What it was given, in order: the id, `#`, the attempt. */
  readonly heard: string[];
  /** Statuses of its next answers; then 204. */
  readonly answers: number[];
}

/** Starts one on a free port of this machine. */
export function receiver(): Receiver {
  const heard: string[] = [];
  const answers: number[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "OPTIONS") {
      return new Response(null, { headers: { "webhook-allowed-origin": "*", "webhook-allowed-rate": "*" } });
    }
    if (request.method === "GET") return Response.json({ status: "pass" });
    const { id } = await request.json();
    heard.push(`${id}#${request.headers.get("bellhop-attempt")}`);
    return new Response(null, { status: answers.shift() ?? 204 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { url, heard, answers, [Symbol.asyncDispose]: () => server.shutdown() };
}
