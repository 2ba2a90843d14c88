/**
 * What is played: each scene has a figure of the spec that it must come out as.
 *
 * @module
 */
import { errorHandling, type Labels, messageFlow } from "./labels.ts";
import type { Cast, Sketch } from "./sketch.ts";
import type { Stage } from "./stage.ts";
import { isRegistryStep, type MessageStep, type Step } from "./step.ts";

/** One scene. */
export interface Scene {
  readonly title: string;
  readonly explanation: readonly string[];
  /** Heading of its figure in `docs/spec/figures.md`. */
  readonly figure: string;
  readonly labels: Labels;
  readonly cast: Cast;
  /** Whether a message's step is drawn. */
  readonly belongs: (step: MessageStep) => boolean;
  play(stage: Stage, sketch: Sketch): Promise<void>;
}

/** Services register, and events reach those that subscribe. */
const flow: Scene = {
  title: "Message Flow",
  explanation: [
    "Two services register; a broadcast reaches whoever subscribes, an addressed message its target.",
    "One trace event `registered` stands for a registration and its confirmation.",
  ],
  figure: "Message flow",
  labels: messageFlow,
  cast: { users: 0, documents: 2 },
  belongs: () => true,
  async play(stage, sketch) {
    const { users, documents } = stage;
    await stage.start(users);
    await stage.start(documents);
    await stage.publish(documents, "document.created", { id: "42", title: "Minutes" });
    await sketch.until(ended("document.created"));
    await stage.publish(users, "user.updated", { id: "7", name: "Ada" }, { target: "documents" });
    await sketch.until(ended("user.updated"));
  },
};

/** Receipts of ordinary messages belong to the scene before. */
const critical = {
  figure: "Error handling flow",
  labels: errorHandling,
  cast: { users: 0, "service-b": 2 },
  belongs: ({ priority }: MessageStep) => priority === "CRITICAL",
} as const;

/** Service B is down for two attempts. */
const receiverDown: Scene = {
  ...critical,
  title: "Error Handling Flow",
  explanation: ["Service A is the User Service. Service B is killed; it comes back after two failed attempts."],
  async play(stage, sketch) {
    await stage.start(stage.serviceB);
    sketch.mark(await stage.killServiceB());
    await stage.publish(stage.users, "security.alert", { id: "1" }, { priority: "CRITICAL" });
    await sketch.until(failedTwice);
    await sketch.until(ofKind("waiting"), 500);
    sketch.mark(await stage.restartServiceB());
    await sketch.until(notified);
  },
};

/** Both are down, and the message lies on the disk. */
const gatewayDown: Scene = {
  ...critical,
  title: "Error Handling Flow, and the gateway dies while the message waits",
  explanation: [
    "The same again; but while the message waits in backoff the gateway is killed, and started again on its file.",
    "The diagram joins the traces of both gateway processes.",
  ],
  async play(stage, sketch) {
    sketch.mark(await stage.killServiceB());
    await stage.publish(stage.users, "security.alert", { id: "2" }, { priority: "CRITICAL" });
    await sketch.until(ofKind("waiting"));
    sketch.mark(await stage.replaceGateway());
    sketch.mark(await stage.restartServiceB());
    await sketch.until(notified);
  },
};

/** In the order in which they are played. */
export const SCENES: readonly Scene[] = [flow, receiverDown, gatewayDown];

function ofKind(kind: string): (step: Step) => boolean {
  return (step) => step.kind === kind;
}

function failedTwice(step: Step): boolean {
  return !isRegistryStep(step) && step.kind === "failed" && step.attempt === 2;
}

function ended(type: string): (step: Step) => boolean {
  return (step) => !isRegistryStep(step) && step.kind === "delivered" && step.type === type;
}

const notified = ended("message.delivered");
