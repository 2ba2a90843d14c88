import { assertEquals } from "@std/assert";
import { draw, header } from "./diagram.ts";
import { figure, readDiagram } from "./read_diagram.ts";
import type { Stroke } from "./stroke.ts";

const FIGURES = Deno.readTextFileSync(new URL("../../docs/spec/figures.md", import.meta.url));

Deno.test("figure() reads the seed's Message Flow from the spec", () => {
  const { titles, strokes } = figure(FIGURES, "Message flow");
  assertEquals(titles, ["User Service", "API Gateway", "Document Svc"]);
  assertEquals(strokes, [
    { from: 0, to: 1, label: "service.register" },
    { from: 2, to: 1, label: "service.register" },
    { from: 1, to: 0, label: "service.registered" },
    { from: 1, to: 2, label: "service.registered" },
    { from: 2, to: 0, label: "document.created (broadcast)" },
    { from: 0, to: 0, label: "Handle document notification" },
    { from: 0, to: 2, label: "user.updated" },
    { from: 2, to: 2, label: "Handle user update" },
  ]);
});

Deno.test("figure() reads the seed's Error Handling Flow from the spec", () => {
  const { titles, strokes } = figure(FIGURES, "Error handling flow");
  assertEquals(titles, ["Service A", "Message Bus", "Service B"]);
  assertEquals(strokes, [
    { from: 0, to: 1, label: "Send Message" },
    { from: 1, to: 2, label: "Delivery Attempt" },
    { from: 2, to: 2, label: "Service Unavailable" },
    { from: 1, to: 2, label: "Retry (1)" },
    { from: 2, to: 2, label: "Still Unavailable" },
    { from: 1, to: 1, label: "Store Message (If Critical)" },
    { from: 1, to: 1, label: "Wait with Backoff" },
    { from: 1, to: 2, label: "Retry (2)" },
    { from: 2, to: 2, label: "Success" },
    { from: 2, to: 1, label: "Delivery Confirmed" },
    { from: 1, to: 0, label: "Notification of Successful Delivery" },
  ]);
});

Deno.test("readDiagram() reads what draw() drew, remarks aside", () => {
  for (const heading of ["Message flow", "Error handling flow"]) {
    const { titles, strokes } = figure(FIGURES, heading);
    const broken = strokes.map((stroke): Stroke => ({ ...stroke, label: stroke.label.replace(" ", "\n") }));
    const drawn = [...header(titles), ...broken.flatMap((stroke) => draw(stroke, "stored +12 ms"))];
    assertEquals(readDiagram(drawn), { titles, strokes });
  }
});
