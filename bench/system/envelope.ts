/** One event of 500 bytes: read, checked and written beside bare JSON and the CloudEvents SDK. */
import { type Envelope, fingerprint, fromHttp, parse, serialize, toBinary, validate } from "@bellhop/bellhop";
import { CloudEvent, HTTP } from "npm:cloudevents@10.0.0";
import { timed } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";

const small: Envelope = {
  specversion: "1.0",
  id: "0190e7a2-5b1c-7d3e-9f40-2a6b8c1d4e5f",
  source: "/documents",
  type: "document.created",
  time: "2026-11-22T20:39:19.123Z",
  data: { id: "42" },
};
const event = eventOf(500);
const text = serialize(event);
const indented = JSON.stringify(event, undefined, 1);
const bytes = new TextEncoder().encode(text);
const decoder = new TextDecoder();
const headers = { "content-type": "application/cloudevents+json" };
const webHeaders = new Headers(headers);
const binary = toBinary(event);
const binaryHeaders = new Headers(binary.headers);
const binaryBytes = new TextEncoder().encode(binary.body as string);
const made = event as unknown as Record<string, unknown>;

export const part: Part = {
  url: import.meta.url,
  versions: { "cloudevents": "10.0.0" },
  groups: [
    {
      id: "system/envelope/parse-text",
      title: "Read and check an event of 500 B of text",
      unit: "ns",
      floor: "JSON.parse",
      cases: {
        "JSON.parse": () => timed(() => JSON.parse(text)),
        "Bellhop parse": () => timed(() => parse(text)),
        "Bellhop parse, indented": () => timed(() => parse(indented)),
        "cloudevents HTTP.toEvent": () => timed(() => HTTP.toEvent({ headers, body: text })),
      },
      goals: { "Bellhop parse": ratio("<=", 1.4) },
      beside: [{
        name: "sdk",
        title: "Read and check an event of 500 B of text, beside the SDK",
        floor: "cloudevents HTTP.toEvent",
        goals: { "Bellhop parse": ratio("<=", 0.125) },
      }],
    },
    {
      id: "system/envelope/parse-bytes",
      title: "Read and check an event of 500 B of bytes",
      unit: "ns",
      floor: "decode and JSON.parse",
      cases: {
        "decode and JSON.parse": () => timed(() => JSON.parse(decoder.decode(bytes))),
        "Bellhop parse": () => timed(() => parse(bytes)),
        "Bellhop fromHttp, structured": () => timed(() => fromHttp(webHeaders, bytes)),
        "Bellhop fromHttp, binary": () => timed(() => fromHttp(binaryHeaders, binaryBytes)),
        "cloudevents HTTP.toEvent": () => timed(() => HTTP.toEvent({ headers, body: decoder.decode(bytes) })),
      },
      goals: { "Bellhop parse": ratio("<=", 1.4) },
    },
    {
      id: "system/envelope/write",
      title: "Write an event of 500 B",
      unit: "ns",
      floor: "JSON.stringify",
      cases: {
        "JSON.stringify": () => timed(() => JSON.stringify(event)),
        "Bellhop serialize": () => timed(() => serialize(event)),
        "cloudevents HTTP.structured": () => {
          const ready = new CloudEvent(made);
          return timed(() => HTTP.structured(ready));
        },
      },
    },
    {
      id: "system/envelope/check",
      title: "Check what a program made",
      unit: "ns",
      floor: "cloudevents new CloudEvent, 500 B",
      cases: {
        "cloudevents new CloudEvent, 500 B": () => timed(() => new CloudEvent(made)),
        "Bellhop validate, 500 B": () => timed(() => validate(event)),
        "Bellhop validate, small": () => timed(() => validate(small)),
        "Bellhop fingerprint, 500 B": () => timed(() => fingerprint(event)),
        "Bellhop fingerprint, small": () => timed(() => fingerprint(small)),
      },
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/envelope.ts", [part]);

/** An event of so many bytes of JSON, with data as an application has it. */
function eventOf(length: number): Envelope {
  const data = {
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
    data,
  };
  data.note = "lorem ipsum ".repeat(length / 12).slice(0, length - serialize(event).length);
  if (serialize(event).length !== length) throw new Error(`the event should have ${length} bytes`);
  return event;
}
