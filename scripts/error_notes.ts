/**
 * What `docs/errors.md` says of each code beyond the list itself: why it happens, and how it looks.
 *
 * @module
 */
import type { ErrorCode, Fault } from "../src/core/error.ts";

/** Where on the page a code stands, in this order, with what unites them. */
export const GROUPS = {
  publishing: ["Publishing", "What a gateway says to an envelope, and to questions about a message."],
  registering: ["Registering", "How a service becomes known to a gateway."],
  delivery: ["Delivery", "What a service answers to the bus, and what becomes of it."],
  calls: ["Calls", "Requests and their answers, past the bus and to the gateway."],
  store: ["Store", "What `CRITICAL` messages are kept in."],
  security: ["Security", "Who may ask, and whose deliveries are taken."],
  usage: ["Usage", "Arguments, paths, and the gateway itself."],
} as const;

/** The name of a group. */
export type Group = keyof typeof GROUPS;

/** What is known of a code besides its meaning. */
export interface ErrorNotes {
  readonly group: Group;
  /** Why it happens, in one to three sentences. */
  readonly cause: string;
  /** An occurrence: a problem's own members, or the lines that somebody sees. */
  readonly example: ProblemExample | string;
}

/** What an occurrence adds to the problem document of its code. */
export interface ProblemExample {
  readonly detail?: string;
  readonly field?: string;
  readonly faults?: readonly Fault[];
}

const RETRIED = "attempt 1, by status-503";

/** The notes on every code: one without fails the type check. */
export const ERROR_NOTES: Readonly<Record<ErrorCode, ErrorNotes>> = {
  "envelope-malformed": {
    group: "publishing",
    cause: "The body is not JSON, is cut off, or has no `specversion`; or headers of binary mode cannot be read.",
    example: { detail: "The body is not JSON" },
  },
  "envelope-invalid": {
    group: "publishing",
    cause: "It is JSON, but an attribute is missing, too long, of a wrong kind, or one the profile does not allow.",
    example: {
      detail: "source: wanted a URI reference",
      field: "source",
      faults: [{ field: "source", code: "missing", reason: "wanted a URI reference" }],
    },
  },
  "content-type-unsupported": {
    group: "publishing",
    cause: "The header `content-type` is missing or names another format, often plain `application/json`. " +
      "A service takes structured mode alone.",
    example: {},
  },
  "body-too-large": {
    group: "publishing",
    cause:
      "More bytes came than the gateway advertises at `GET /` (`maxBytes`, `maxBatchBytes`). They are counted as " +
      "they arrive, whatever `content-length` says.",
    example: { detail: "The body may take 262144 bytes" },
  },
  "body-used": {
    group: "publishing",
    cause: "An earlier middleware read `c.req.raw` itself, and a body can be read only once. Most often it wrote the " +
      "request to a log or checked a signature.",
    example: {
      detail: "A middleware took the body of POST /bellhop",
    },
  },
  "headers-too-large": {
    group: "publishing",
    cause: "The header fields have more than 65,536 bytes in all, as when binary mode carries long attributes.",
    example: { detail: "The headers may take 65536 bytes" },
  },
  "batch-too-large": {
    group: "publishing",
    cause: "The array has more envelopes than `maxBatchEnvelopes`, 1,000 unless configured.",
    example: {},
  },
  "type-reserved": {
    group: "publishing",
    cause: "An app published a type that begins with `service.` or `message.`: those are registry and receipts.",
    example: { detail: "service.started belongs to the protocol", field: "type" },
  },
  "source-reserved": {
    group: "publishing",
    cause: "The envelope has the gateway's own `source`, `/bellhop` unless configured: nobody may speak for it.",
    example: { detail: "/bellhop is the gateway's own", field: "source" },
  },
  "message-expired": {
    group: "publishing",
    cause: "`expirytime` had passed when the message arrived, or passes before its delay ends; or a dead letter was " +
      "redriven too late. A sender whose clock is behind sends messages that are expired at once.",
    example: { detail: "The message expired at 2026-01-01T00:00:00Z", field: "expirytime" },
  },
  "id-conflict": {
    group: "publishing",
    cause: "An `id` was used twice with different content. The same content again is a duplicate, which is welcome.",
    example: { detail: "Message 7d1f of /documents has other content", field: "id" },
  },
  "target-unknown": {
    group: "publishing",
    cause: "`target` names a service or an instance that this gateway has never seen: a spelling, or a message sent " +
      "before the service was first started. A request whose type nobody takes ends so too.",
    example: { detail: "No service serach is registered", field: "target" },
  },
  "message-unknown": {
    group: "publishing",
    cause: "Status or cancellation was asked for a message that never came here, came with another source, or came " +
      "so long ago that it is forgotten. Without a durable store a restart forgets all.",
    example: { detail: "No message 7d1f of /documents is known", field: "id" },
  },
  "message-ended": {
    group: "publishing",
    cause: "The cancellation came after the last delivery was done, dead or cancelled.",
    example: { detail: "Every delivery of 7d1f has ended", field: "id" },
  },
  "queue-full": {
    group: "publishing",
    cause: "A receiver, or a client, has as many unfinished messages as it may: it is slower than what comes in. A " +
      "message of higher priority takes the place of a lower one; this one had nobody below it.",
    example: { detail: "users has as many unfinished deliveries as it may" },
  },
  "data-invalid": {
    group: "publishing",
    cause: "The schema of the event refuses the data: at the sender before anything is sent, or at a receiver that " +
      "has another version of the schema. A receiver's refusal makes a dead letter at once.",
    example: {
      detail: "id: Invalid type: Expected string but received 42",
      field: "id",
      faults: [{ field: "id", code: "schema", reason: "Invalid type: Expected string but received 42" }],
    },
  },
  "registration-invalid": {
    group: "registering",
    cause: "Name, version, subscriptions or endpoint of a service break a rule.",
    example: {
      detail: "cannot define the service: name: wanted a lower-case name",
      faults: [{ field: "name", code: "format", reason: "wanted a lower-case name" }],
    },
  },
  "registry-full": {
    group: "registering",
    cause: "There are as many services, instances or subscriptions as are allowed: mostly instances that were " +
      "restarted without being closed, until their leases end.",
    example: { detail: "cannot register: there are 1000 services" },
  },
  "lease-unknown": {
    group: "registering",
    cause: "The gateway was restarted, the lease ran out while the service could not renew it, or another instance " +
      "took its place. `connect()` registers again by itself.",
    example: {},
  },
  "endpoint-refused": {
    group: "registering",
    cause: "A gateway on the open internet that called whatever address it is given could be used against its own " +
      "network. So in open mode only loopback is called, and outside of it no loopback and no private address. There the " +
      "endpoint is asked too, by OPTIONS, whether it wants deliveries: `service()` says yes in a header, but `cors()` or " +
      "an auth middleware that runs before it answers in its place. " +
      "[In an existing Hono app](guides/existing-hono-app.md) tells what is mounted where.",
    example: { detail: "The endpoint's host 127.0.0.1 has a loopback address" },
  },
  "discovery-failed": {
    group: "registering",
    cause: "At the URL something else answered, or nothing: mostly the path is not the one that the service is " +
      "mounted at.",
    example: { detail: "http://127.0.0.1:8001/belhop answered 404" },
  },
  "in-progress": {
    group: "delivery",
    cause: "The bus tried again while the first attempt was still running, as after a timeout. The handler is not " +
      "started twice for one message.",
    example: {},
  },
  "handler-missing": {
    group: "delivery",
    cause: "The message was delivered by a subscription that this version of the service no longer has. It becomes a " +
      "dead letter at once.",
    example: { detail: "no handler for document.deleted" },
  },
  "handler-failed": {
    group: "delivery",
    cause: "The handler threw, or its promise rejected. The bus tries again; what was thrown goes to the service's " +
      "`onError` or console, never over the wire.",
    example: `49.740  failed   NORMAL  7d1f…  document.created  → users  ${RETRIED}\n` +
      "49.740  retry    NORMAL  7d1f…  document.created  → users  attempt 2",
  },
  "handler-nak": {
    group: "delivery",
    cause: "The handler returned a `Nak`: not now, but maybe later.",
    example: { detail: "the index is being rebuilt" },
  },
  "handler-term": {
    group: "delivery",
    cause: "The handler returned a `Term`: trying again would change nothing. The message is a dead letter at once.",
    example: { detail: "document 42 was deleted" },
  },
  "dead-letter-unknown": {
    group: "delivery",
    cause:
      "It was redriven or discarded meanwhile, pushed out by newer ones, or forgotten in a restart without a store.",
    example: { detail: "No dead letter dl_3 is kept" },
  },
  "attempts-exhausted": {
    group: "delivery",
    cause: "Every retry of the message's priority was spent. A request's sender learns it as this error; the message " +
      "itself lies among the dead letters.",
    example: "BellhopError: the request ended as dead-letter: users: status-503",
  },
  "service-unknown": {
    group: "calls",
    cause: "A service was called or looked up that is not registered at this gateway, or whose last lease has ended.",
    example: { detail: "No service serach is registered" },
  },
  "no-instance": {
    group: "calls",
    cause: "The service is known, but none of its instances is alive at this moment.",
    example: { detail: "No instance of users can be called" },
  },
  "not-connected": {
    group: "calls",
    cause: "A handler publishes or calls, and the service was neither connected nor given the URL of a gateway.",
    example: {},
  },
  "timeout": {
    group: "calls",
    cause: "The other side took the request and did not answer, or a body did not arrive, or a handler took longer " +
      "than its attempt.",
    example: { detail: "The body did not arrive within 30000 ms" },
  },
  "unreachable": {
    group: "calls",
    cause: "Nobody listens at that address, its name is not known, or the connection was cut. Also: what " +
      "answers there is no gateway.",
    example: "BellhopError: cannot reach http://127.0.0.1:8000/bus",
  },
  "response-too-large": {
    group: "calls",
    cause: "An answer was longer than what is read of it. Answers to deliveries need no body at all.",
    example: "BellhopError: the answer has more than 4194304 bytes",
  },
  "deadline-exceeded": {
    group: "calls",
    cause: "The time that the caller allowed was spent, including every retry. The last error met is in `cause`.",
    example: "BellhopError: no answer within 15000 ms: cannot reach users at http://127.0.0.1:8001",
  },
  "circuit-open": {
    group: "calls",
    cause: "Calls failed so often that none is let through for a while, so that the other side can recover.",
    example: { detail: "Every instance of users has an open breaker" },
  },
  "store-full": {
    group: "store",
    cause: "Who publishes has used up the bytes it may have on disk: unfinished `CRITICAL` messages and dead letters.",
    example: { detail: "/documents may have 67108864 bytes on disk: all are used" },
  },
  "record-too-large": {
    group: "store",
    cause: "A `CRITICAL` message is written as one record with its deliveries, and stores bound the size of a record.",
    example: { detail: "A CRITICAL may have 1048576 bytes on disk: it has 1300441" },
  },
  "not-durable": {
    group: "store",
    cause:
      "The disk is full, read-only or broken. What could not be flushed is not acknowledged, and the store takes " +
      "no write until it is opened anew: a failed flush leaves unknown what is on the disk.",
    example: {
      detail:
        "bus.db: the disk is full, or the file has reached maxFileBytes; nothing of this group was accepted, and the store takes no write until it is opened anew",
    },
  },
  "store-locked": {
    group: "store",
    cause: "A store has one owner. A second gateway was started on the same file, or the last one is still closing.",
    example:
      "bellhop: cannot start the gateway: bus.db is open in another process or another store\nStop the other process, or give each process its own file.",
  },
  "store-unavailable": {
    group: "store",
    cause: "The store on disk needs `node:sqlite`, which this runtime does not have, or hides: Node before 22.13 " +
      "shows it only with the flag `--experimental-sqlite`.",
    example: "BellhopError: cannot open bus.db: this runtime has no node:sqlite",
  },
  "store-failed": {
    group: "store",
    cause:
      "The file cannot be opened or read: its folder does not exist, it is not ours, it is damaged, or the process " +
      "may not read it.",
    example: "BellhopError: bus.db: the file is not an SQLite database and was left as it is",
  },
  "store-version": {
    group: "store",
    cause: "Another version of Bellhop wrote the file, with tables that this one does not know.",
    example: "BellhopError: bus.db has schema version 2, this version of Bellhop reads and writes 1",
  },
  "store-closed": {
    group: "store",
    cause: "Something was written after the store was closed, or after a flush had failed.",
    example: "BellhopError: bus.db was closed",
  },
  "store-required": {
    group: "store",
    cause: "`CRITICAL` promises that an accepted message survives the process, and this gateway has memory alone.",
    example: { detail: "This gateway's store is memory alone", field: "priority" },
  },
  "engine-required": {
    group: "store",
    cause: "A Worker lives for one request: bus and registry run in a Durable Object, and this Worker has no binding " +
      "to one. Nothing was accepted.",
    example: {
      detail:
        'wrangler.jsonc lacks: "durable_objects": { "bindings": [{ "name": "BUS", "class_name": "Bus" }] }, "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Bus"] }]',
    },
  },
  "unauthorized": {
    group: "security",
    cause:
      "The header `authorization` is missing, or its token is none that the gateway was configured with: a typing " +
      "mistake, an old token after a rotation, or that of another environment.",
    example: { detail: "The authorization header holds no token that is known" },
  },
  "forbidden": {
    group: "security",
    cause: "The credential is known, but lacks a scope, or is not bound to the `source` that it publishes with.",
    example: { detail: "The credential lacks the scope publish:document.created" },
  },
  "signature-missing": {
    group: "security",
    cause: "The service has a signing secret, and something came without a signature: a gateway in open mode, a test " +
      "by hand, or a stranger.",
    example: { detail: "The header webhook-signature is missing" },
  },
  "signature-invalid": {
    group: "security",
    cause: "The two sides have different secrets, or something between them rewrote the body.",
    example: {},
  },
  "signature-stale": {
    group: "security",
    cause:
      "The clocks of gateway and service are more than 300 s apart, or an old delivery was sent again by a stranger.",
    example: { detail: "webhook-timestamp is 420 s behind this receiver's clock, 300 s are allowed" },
  },
  "secret-missing": {
    group: "security",
    cause: "Outside open mode every delivery is signed. The gateway has no secret for that service, or a service " +
      "without one was asked from another machine.",
    example: "BellhopError: signingSecrets: outside open mode every delivery is signed",
  },
  "open-mode-refused": {
    group: "security",
    cause:
      "In open mode everybody may do everything, so only this machine is served: not a peer elsewhere, not what a " +
      "proxy passes on, not a page of another origin.",
    example: { detail: "The request was passed on by a proxy" },
  },
  "open-mode-required": {
    group: "security",
    cause:
      "`gateway()` was called with neither `open` nor `credentials`. There is no default, so that nothing is open " +
      "by oversight.",
    example: "BellhopError: Neither open mode nor credentials were chosen",
  },
  "closing": {
    group: "usage",
    cause: "The gateway, or the client, was asked to close, and finishes only what it has.",
    example: {},
  },
  "too-many-streams": {
    group: "usage",
    cause:
      "As many `GET /trace` streams are open as the gateway allows, 16 unless configured; or as many proxied calls, 10,000.",
    example: { detail: "16 streams may be open" },
  },
  "permission-missing": {
    group: "usage",
    cause: "Deno, or Node with `--permission`, lets a process do only what its flags allow, and this was not allowed.",
    example: 'BellhopError: cannot listen on 127.0.0.1:8000: Requires net access to "127.0.0.1:8000", ' +
      "run again with the --allow-net flag",
  },
  "argument-invalid": {
    group: "usage",
    cause:
      "An option, a query parameter or a header has a value that it cannot have. `field` names it, `detail` says " +
      "what was wanted.",
    example: { detail: "limit: wanted 1 to 1000", field: "limit" },
  },
  "route-unknown": {
    group: "usage",
    cause: "The request reached a gateway at a path that it does not serve: mostly a part of the path is missing or " +
      "doubled.",
    example: { detail: "Nothing is served at /bus/mesages: the gateway is mounted at /bus" },
  },
  "method-unsupported": {
    group: "usage",
    cause: "The path exists, but not with that method.",
    example: { detail: "PUT is none of POST, GET, HEAD, DELETE" },
  },
  "internal": {
    group: "usage",
    cause: "A defect of Bellhop. What happened is told to `onFault` of the gateway alone, never to the caller.",
    example: {},
  },
};
