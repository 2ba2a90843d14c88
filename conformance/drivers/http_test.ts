import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Hello } from "../control.ts";
import { SubjectBroken } from "../failure.ts";
import { Session } from "../session.ts";
import { httpSubject } from "./http.ts";

const COMMAND = `'${Deno.execPath()}' run -A conformance/subjects/serve_http.ts`;

Deno.test("httpSubject() drives a gateway in a process of its own, and receives what it delivers", async () => {
  const subject = await httpSubject({ command: COMMAND })();
  try {
    const hello = (await subject.send(1, { do: "hello" })).ok as unknown as Hello;
    assertEquals([hello.name, hello.clock, hello.profiles.includes("http")], ["bellhop", "real", true]);
    const session = new Session(subject, hello);
    await session.start({ policy: { baseMs: 20, capMs: 20 } });
    const member = await session.member("b", { subscriptions: ["thing.*"] });
    assertMatch(member.lease, /./);
    const event = await session.accepted({ data: { n: 1 } });
    const first = await session.untilCall(5_000, "b");
    assertEquals([first?.attempt, first?.envelope.data], [1, { n: 1 }]);
    await session.settle(first!, { status: 503, headers: {}, body: "" });
    const second = await session.untilCall(5_000, "b");
    assertEquals([second?.attempt, second?.deliveryId], [2, first!.deliveryId]);
    await session.nak(second!);
    const third = await session.untilCall(5_000, "b");
    await session.ack(third!);
    await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 5_000);
    assertEquals((await session.delivery(event)).outcome, "delivered");
    session.judgeLint();
    // Begun anew, nothing is left.
    await session.start();
    assertEquals(await session.list("services"), []);
  } finally {
    await subject.close();
  }
});

Deno.test("httpSubject() serves session after session of one gateway, whose messages do not run into each other", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "conformance/subjects/serve_http.ts"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { url } = JSON.parse((await reader.read()).value!);
  for (let sessions = 0; sessions < 2; sessions++) {
    const subject = await httpSubject({ url })();
    const session = new Session(subject, (await subject.send(1, { do: "hello" })).ok as unknown as Hello);
    await session.start();
    await session.member("b", { subscriptions: ["thing.*"] });
    for (const id of [undefined, "a b+c"]) {
      const { ok } = await session.publish(
        session.event({ source: `/s/${sessions}`, ...(id === undefined ? {} : { id }) }),
      );
      assertEquals([ok?.duplicate, ok?.receivers], [false, ["b"]]);
      await session.ack((await session.untilCall(5_000, "b"))!);
      await session.untilTrace(({ kind }) => kind === "ended", 5_000);
      assertEquals((await session.delivery(ok as never)).outcome, "delivered");
    }
    const { id } = await session.accepted();
    assertMatch(id, /^m-[a-z0-9]+-\d+$/);
    await session.term((await session.untilCall(5_000, "b"))!);
    await session.untilTrace(({ kind }) => kind === "dead-letter", 5_000);
    assertEquals((await session.list("dead-letters")).length, 1);
    await session.start();
    assertEquals([await session.list("dead-letters"), await session.list("services")], [[], []]);
    await subject.close();
  }
  await reader.cancel();
  child.kill();
  await child.status;
});

Deno.test("httpSubject() sends paths as they are, reads streams piece by piece, hangs up, and tells of closed connections", async () => {
  const paths: string[] = [];
  let left = false;
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    if (request.url === "/bus/cut") return void request.socket.destroy();
    if (request.url !== "/bus/stream") return void response.end("{}");
    response.write("one");
    response.on("close", () => left = true);
    setTimeout(() => response.write("two"), 50);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const subject = await httpSubject({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bus` })();
  try {
    await subject.send(1, { do: "hello" });
    const get = { do: "request", method: "GET", headers: {} } as const;
    assertEquals((await subject.send(2, { ...get, path: "/a/../b/%2e%2e/" })).ok?.body, "{}");
    assertEquals((await subject.send(3, { ...get, path: "/cut" })).ok, { closed: true });
    assertEquals(paths, ["/bus", "/bus/a/../b/%2e%2e/", "/bus/cut", "/bus"]);
    const { ok } = await subject.send(4, { ...get, path: "/stream", stream: true });
    assertEquals([ok?.status, ok?.body], [200, ""]);
    let text = "";
    for (let n = 0; n < 200 && text !== "onetwo"; n++) {
      text += (await subject.send(5 + n, { do: "read", to: 4 })).ok?.text;
    }
    assertEquals(text, "onetwo");
    await subject.send(300, { do: "hang-up", to: 4 });
    for (let n = 0; n < 200 && !left; n++) await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals(left, true, "whoever is hung up on hears of it");
    assertEquals((await subject.send(301, { do: "read", to: 4 })).ok, { text: "", ended: true });
  } finally {
    await subject.close();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("httpSubject() says what is wrong with a command that prints no URL", async () => {
  const subject = await httpSubject({ command: "echo hello; echo no port left >&2; exit 4" })();
  const error = await assertRejects(() => subject.send(1, { do: "hello" }), SubjectBroken);
  assertMatch(error.message, /ended with code 4[\s\S]*no port left/);
  await subject.close();
});

Deno.test("httpSubject() says what is wrong with a URL behind which is no gateway", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("hi"));
  const subject = await httpSubject({ url: `http://127.0.0.1:${server.addr.port}` })();
  const hello = await subject.send(1, { do: "hello" });
  // What it says of itself is nothing: no profile applies to it.
  assertEquals(hello.ok?.profiles, []);
  await subject.close();
  await server.shutdown();
});
