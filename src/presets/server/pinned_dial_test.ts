import { assertEquals, assertRejects } from "@std/assert";
import { pinnedDial } from "./_pinned_dial.ts";

/** A name that no resolver knows: what reaches the server was dialled by its address. */
const HOST = "rebound.invalid";

interface Seen {
  readonly method: string;
  readonly host: string | null;
  readonly path: string;
  readonly marked: string | null;
  readonly body: string;
}

async function served(
  answer: (request: Request) => Response | Promise<Response>,
  use: (origin: string, seen: Seen[]) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { method, headers, url } = request;
    const { pathname, search } = new URL(url);
    const body = await request.clone().text();
    seen.push({ method, host: headers.get("host"), path: pathname + search, marked: headers.get("x-mark"), body });
    return await answer(request);
  });
  await use(`http://${HOST}:${server.addr.port}`, seen);
  await server.shutdown();
}

async function withDial(
  use: (dial: (url: string, init?: RequestInit, addresses?: readonly string[]) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const { dial, close } = pinnedDial();
  try {
    await use((url, init = {}, addresses = ["127.0.0.1"]) => dial(url, init, addresses));
  } finally {
    close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("dial() goes to the address given and to no other, under the name of the URL", async () => {
  await served(
    () => new Response("hello", { status: 201, headers: { "x-a": "1" } }),
    (origin, seen) =>
      withDial(async (dial) => {
        const init = { method: "POST", headers: { "X-Mark": "m" }, body: "täxt" };
        const response = await dial(`${origin}/a%20b?c=d`, init);
        assertEquals([response.status, response.headers.get("x-a"), await response.text()], [201, "1", "hello"]);
        assertEquals(seen, [
          { method: "POST", host: new URL(origin).host, path: "/a%20b?c=d", marked: "m", body: "täxt" },
        ]);
        await assertRejects(() => dial(`${origin.replace(HOST, "other.invalid")}/`, {}, []));
        assertEquals(seen.length, 1);
      }),
  );
});

Deno.test("dial() streams bodies both ways, decodes as fetch does, and follows no redirect", async () => {
  const packed = (text: string) =>
    new Response(new Response(text).body!.pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    });
  await served((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/packed") return packed("x".repeat(10_000));
    if (pathname === "/away") return new Response(null, { status: 302, headers: { location: "/echo" } });
    if (pathname === "/none") return new Response(null, { status: 204 });
    return new Response(request.body);
  }, (origin, seen) =>
    withDial(async (dial) => {
      const body = new Response("a stream").body;
      assertEquals(await (await dial(`${origin}/echo`, { method: "PUT", body })).text(), "a stream");
      assertEquals((await (await dial(`${origin}/packed`)).text()).length, 10_000);
      const away = await dial(`${origin}/away`);
      assertEquals([away.status, await away.text(), seen.length], [302, "", 3]);
      assertEquals((await dial(`${origin}/none`)).body, null);
      assertEquals((await dial(`${origin}/echo`, { method: "HEAD" })).status, 200);
    }));
});

Deno.test("dial() ends when its signal does, before the answer and within it", async () => {
  const held = Promise.withResolvers<void>();
  await served(async ({ url }) => {
    if (new URL(url).pathname === "/silent") await held.promise;
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(8)),
      }),
    );
  }, (origin) =>
    withDial(async (dial) => {
      const early = new AbortController();
      const silent = dial(`${origin}/silent`, { signal: early.signal });
      setTimeout(() => early.abort(new Error("enough")), 30);
      await assertRejects(() => silent, Error, "enough");
      await assertRejects(() => dial(`${origin}/silent`, { signal: early.signal }), Error, "enough");
      held.resolve();
      const late = new AbortController();
      const response = await dial(`${origin}/endless`, { signal: late.signal });
      const reader = response.body!.getReader();
      await reader.read();
      late.abort();
      await assertRejects(() => reader.read());
    }));
});

Deno.test("dial() rejects what is no answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4_096));
      await connection.write(
        new TextEncoder().encode("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
      );
      connection.close();
    }
  })();
  await withDial(async (dial) => {
    await assertRejects(() => dial(`http://${HOST}:${(listener.addr as Deno.NetAddr).port}/`));
    await assertRejects(() => dial(`http://${HOST}:1/`));
  });
  listener.close();
  await accepting;
});

Deno.test("dial() survives an answer that swells or is broken, at whatever moment its reader leaves", async () => {
  const zeros = new Blob([new Uint8Array(5_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  const swelling = await new Response(zeros).bytes();
  await served(
    ({ url }) => {
      const body = url.endsWith("/swelling") ? swelling : url.endsWith("/broken") ? "no gzip" : swelling.slice(0, 900);
      return new Response(body, { headers: { "content-encoding": "gzip" } });
    },
    (origin) =>
      withDial(async (dial) => {
        for (const path of ["swelling", "broken", "cut"]) {
          for (const chunks of [0, 1, 2, 5]) {
            const { body } = await dial(`${origin}/${path}`);
            const reader = body!.getReader();
            try {
              for (let read = 0; read < chunks; read++) await reader.read();
            } catch { /* what is broken may say so */ }
            await reader.cancel().catch(() => {});
            // What comes after the reader has left would come in the turns that follow.
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        }
        const whole = await (await dial(`${origin}/swelling`)).bytes();
        assertEquals(whole.length, 5_000_000);
        await assertRejects(async () => await (await dial(`${origin}/broken`)).text());
        await assertRejects(async () => await (await dial(`${origin}/cut`)).text());
      }),
  );
});

Deno.test("dial() says itself where a body ends, so that no caller writes the next request on the connection", async () => {
  const smuggled = "POST /bellhop HTTP/1.1\r\nhost: inside\r\ncontent-length: 0\r\n\r\n";
  await served(
    () => new Response("ok"),
    (origin, seen) =>
      withDial(async (dial) => {
        const stream = (text: string) => new Blob([text]).stream();
        const wanted: string[] = [];
        for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "POST", "PATCH"]) {
          // A length that is not true would make the next request the rest of this one's body.
          const headers = { "content-length": "40", expect: "100-continue", connection: "close", "x-mark": method };
          await (await dial(`${origin}/none`, { method, headers })).text();
          wanted.push(`${method} /none`);
          for (const body of method === "GET" || method === "HEAD" ? [] : [smuggled, stream(smuggled), stream("")]) {
            await (await dial(`${origin}/body`, { method, headers, body })).text();
            wanted.push(`${method} /body`);
          }
          await (await dial(`${origin}/next`)).text();
          wanted.push("GET /next");
        }
        assertEquals(seen.map(({ method, path }) => `${method} ${path}`), wanted);
        const bodies = seen.filter(({ path }) => path === "/body").map(({ body }) => body);
        assertEquals(bodies, Array.from({ length: 5 }, () => [smuggled, smuggled, ""]).flat());
      }),
  );
});
