/**
 * Publishes over plain connections, so that the load costs less than what is loaded.
 *
 * @module
 */
const CONNECTIONS = 50;
const ID_DIGITS = 10;
let sent = 0;

/** How many events of 500 bytes were answered 202 in that time. @throws {Error} with any other answer */
export async function load(port: number, ms: number): Promise<number> {
  const endMs = performance.now() + ms;
  let accepted = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const { bytes, idAt } = request();
    const answer = new Uint8Array(4_096);
    while (performance.now() < endMs) {
      bytes.set(new TextEncoder().encode(String(++sent).padStart(ID_DIGITS, "0")), idAt);
      await connection.write(bytes);
      const length = await connection.read(answer) ?? 0;
      const status = new TextDecoder().decode(answer.subarray(9, 12));
      if (status !== "202") throw new Error(`got no 202: ${new TextDecoder().decode(answer.subarray(0, length))}`);
      accepted++;
    }
  }));
  return accepted;
}

function request(): { bytes: Uint8Array; idAt: number } {
  const id = "0".repeat(ID_DIGITS);
  const event = { specversion: "1.0", id, source: "/documents", type: "document.created", data: { text: "" } };
  event.data.text = "x".repeat(500 - JSON.stringify(event).length);
  const body = JSON.stringify(event);
  const text = `POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\n` +
    `content-length: ${body.length}\r\naccept: */*\r\n\r\n${body}`;
  return { bytes: new TextEncoder().encode(text), idAt: text.indexOf(id) };
}
