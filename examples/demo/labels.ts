/**
 * From trace event to label: the only place of the demo where the words of its arrows stand.
 *
 * @module
 */
import { isRegistryStep, type MessageStep, type Step } from "./step.ts";

/** Whose lifeline an end of an arrow is on: resolved by each scene. */
export type Role = "service" | "sender" | "receiver" | "bus";

/** What one trace event draws: an arrow, or a note where both ends are one. */
export interface Mark {
  readonly from: Role;
  readonly to: Role;
  readonly label: string;
  /**
   * The answer to what the same event drew before. It lies between that event and the service's next step, and is
   * drawn when something else happens than a registration.
   */
  readonly answer?: boolean;
}

/** What a trace event is drawn as. */
export type Labels = (step: Step) => readonly Mark[];

/** The flow of messages between services. */
export function messageFlow(step: Step): readonly Mark[] {
  if (isRegistryStep(step)) {
    return [
      { from: "service", to: "bus", label: "service.register" },
      { from: "bus", to: "service", label: "service.registered", answer: true },
    ];
  }
  switch (`${step.kind} ${step.type}`) {
    case "attempt document.created":
      return [{ from: "sender", to: "receiver", label: "document.created (broadcast)" }];
    case "delivered document.created":
      return [{ from: "receiver", to: "receiver", label: "Handle document\nnotification" }];
    case "attempt user.updated":
      return [{ from: "sender", to: "receiver", label: "user.updated" }];
    case "delivered user.updated":
      return [{ from: "receiver", to: "receiver", label: "Handle user\nupdate" }];
    default:
      return [];
  }
}

/** The flow of one message through failures, and of its receipt. */
export function errorHandling(step: Step): readonly Mark[] {
  if (isRegistryStep(step)) return [];
  return step.type === "message.delivered" ? receipt(step) : message(step);
}

function message({ kind, attempt = 0 }: MessageStep): readonly Mark[] {
  switch (kind) {
    case "accepted":
      return [{ from: "sender", to: "bus", label: "Send Message" }];
    case "attempt":
      return [{ from: "bus", to: "receiver", label: "Delivery Attempt" }];
    case "retry":
      return [{ from: "bus", to: "receiver", label: `Retry (${attempt - 1})` }];
    case "failed":
      return [{
        from: "receiver",
        to: "receiver",
        label: attempt === 1 ? "Service\nUnavailable" : "Still\nUnavailable",
      }];
    case "stored":
      return [{ from: "bus", to: "bus", label: "Store Message\n(If Critical)" }];
    case "waiting":
      return [{ from: "bus", to: "bus", label: "Wait with\nBackoff" }];
    case "delivered":
      return [
        { from: "receiver", to: "receiver", label: "Success" },
        { from: "receiver", to: "bus", label: "Delivery Confirmed" },
      ];
    default:
      return [];
  }
}

/** Drawn when the receipt has arrived, not when it was made. */
function receipt({ kind }: MessageStep): readonly Mark[] {
  return kind === "delivered" ? [{ from: "bus", to: "receiver", label: "Notification of\nSuccessful Delivery" }] : [];
}
