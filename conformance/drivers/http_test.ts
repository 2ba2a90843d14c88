import { assertEquals, assertMatch, assertRejects } from "@std/assert";
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
