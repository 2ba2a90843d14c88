/** Parse and validate one event of 500 bytes beside bare JSON.parse and the CloudEvents SDK; the fingerprint of a small one. */
import { CloudEvent, HTTP } from "npm:cloudevents@10.0.0";
import { type Envelope, fingerprint, fromHttp, parse, serialize, toBinary, validate } from "../mod.ts";
import { interleave } from "./harness.ts";

const small: Envelope = {
  specversion: "1.0",
  id: "0190e7a2-5b1c-7d3e-9f40-2a6b8c1d4e5f",
  source: "/documents",
  type: "document.created",
  time: "2026-11-22T20:39:19.123Z",
  data: { id: "42" },
};
const content = {
  id: "42",
  title: "Quarterly report",
  tags: ["finance", "draft", "internal"],
  pages: 17,
  owner: { name: "A. Writer", mail: "writer@example.com" },
  public: false,
  note: "",
};
const event: Envelope = {
  ...small,
  datacontenttype: "application/json",
  priority: "HIGH",
  partitionkey: "tenant-7",
  data: content,
};
content.note = "lorem ipsum ".repeat(50).slice(0, 500 - serialize(event).length);
const text = serialize(event);
if (text.length !== 500) throw new Error(`the event should have 500 bytes: it has ${text.length}`);
const indented = JSON.stringify(event, undefined, 1);
const bytes = new TextEncoder().encode(text);
const decoder = new TextDecoder();
const headers = { "content-type": "application/cloudevents+json" };
const webHeaders = new Headers(headers);
const binary = toBinary(event);
const binaryHeaders = new Headers(binary.headers);
const binaryBytes = new TextEncoder().encode(binary.body as string);

await interleave("parse and validate 500 B of text", {
  "JSON.parse": () => JSON.parse(text),
  "parse": () => parse(text),
  "parse, indented": () => parse(indented),
  "cloudevents SDK": () => HTTP.toEvent({ headers, body: text }),
});
await interleave("parse and validate 500 B of bytes", {
  "decode and JSON.parse": () => JSON.parse(decoder.decode(bytes)),
  "parse": () => parse(bytes),
  "fromHttp, structured": () => fromHttp(webHeaders, bytes),
  "fromHttp, binary": () => fromHttp(binaryHeaders, binaryBytes),
});
await interleave("an event of a program", {
  "JSON.stringify": () => JSON.stringify(event),
  "serialize": () => serialize(event),
  "validate, 500 B": () => validate(event),
  "validate, small": () => validate(small),
  "fingerprint, 500 B": () => fingerprint(event),
  "fingerprint, small": () => fingerprint(small),
  "cloudevents SDK, new": () => new CloudEvent(event as unknown as Record<string, unknown>),
});
