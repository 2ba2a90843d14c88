/**
 * A real server on loopback for tests, and a client that may say what HTTP forbids.
 *
 * @module
 */

export interface Serving extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

/** Serves on a free port until it is disposed. */
export function serving(handler: Deno.ServeHandler): Serving {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  const { port } = server.addr as Deno.NetAddr;
  return { port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Sends bytes as they are, part by part, and reads until the server closes or `ms` have passed. */
export async function sendRaw(
  port: number,
  parts: readonly (string | Uint8Array)[],
  options: { readonly ms?: number; readonly pauseMs?: number; readonly until?: RegExp } = {},
): Promise<string> {
  const { ms = 2_000, pauseMs = 0, until = /\r\n\r\n[^]*(\}|\n0\r\n\r\n)$|content-length: 0\r\n[^]*\r\n\r\n$/i } =
    options;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => close(connection), ms);
  let answer = "";
  const writing = (async () => {
    for (const part of parts) {
      const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })().catch(() => {}); // who refuses need not read on
  try {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(16_384);
    while (!until.test(answer)) {
      const length = await connection.read(buffer);
      if (length === null) break;
      answer += decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  } catch { // closed: by the server, or by the time
  }
  clearTimeout(timer);
  close(connection);
  await writing;
  return answer;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { // closed already
  }
}
