/**
 * A subject that is a gateway over HTTP, by its URL or by the command that starts it. Time is real: it passes by itself.
 *
 * The commands of the control plane become requests to the gateway's routes, and a server of the suite on loopback plays
 * every receiver. A command is started anew by each `start`, with the options as JSON in `BELLHOP_CONFORM`, and must
 * print one line `{"url": "http://127.0.0.1:8000/bus"}`, with `"can": ["mount", "bounds"]` if it takes these options. A
 * gateway behind a URL goes on: there the services of the session before are ended.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as send,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import {
  ABILITIES,
  type Ability,
  type Answer,
  type CallAnswer,
  type Command,
  type Hello,
  type JsonObject,
  type OpenSubject,
  type Subject,
  type SubjectEvent,
} from "../control.ts";
import { SubjectBroken } from "../failure.ts";

/** Milliseconds in which a command must have printed its URL. */
const START_MS = 20_000;
/** Milliseconds that one request to the gateway may take. */
const REQUEST_MS = 20_000;
/** Milliseconds for which an answer waits for what it caused, so that an event has a chance to come along. */
const SETTLING_MS = 15;
/** Milliseconds after which a request is looked at again. */
const WAITING_MS = 50;
/** Milliseconds after which a call that a check left open is answered by itself: a server must be able to end. */
const OPEN_CALL_MS = 60_000;
/** Milliseconds for which more of a stream is waited for. */
const READING_MS = 20;
const STRUCTURED = "application/cloudevents+json";

/** Which gateway. */
export type HttpTarget = { readonly url: string } | { readonly command: string; readonly cwd?: string };

/** A subject over HTTP. */
export function httpSubject(target: HttpTarget): OpenSubject {
  return async () => {
    const subject = new HttpSubject(target);
    await subject.listen();
    return subject;
  };
}

/** A request whose answer streams, or has not come yet. */
interface OpenRequest {
  readonly sent: ClientRequest;
  /** What has come and was not read. */
  text: string;
  ended: boolean;
}

interface OpenCall {
  readonly response: ServerResponse;
  readonly timer: ReturnType<typeof setTimeout>;
}

class HttpSubject implements Subject {
  private readonly server: Server = createServer((request, response) => {
    // Who hangs up in the middle has nothing to be told.
    this.receive(request, response).catch(() => response.destroy());
  });
  private child: ChildProcess | undefined;
  private url: string | undefined;
  private events: SubjectEvent[] = [];
  private calls = new Map<string, OpenCall>();
  private callCount = 0;
  private requests = new Map<number, OpenRequest>();
  private can: readonly Ability[] = [];
  private leases = new Map<string, string>();
  /** Names of all services that were ever registered. */
  private registered = new Set<string>();
  private trace: AbortController | undefined;
  private runs = new Map<string, number>();
  private deliveries = new Map<string, { readonly deliveryId: string; readonly run: number }>();
  private told: (() => void) | undefined;
  private complaint = "";

  constructor(private readonly target: HttpTarget) {}

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.on("error", reject);
      this.server.listen(0, "127.0.0.1", resolve);
    });
  }

  async send(seq: number, command: Command): Promise<Answer> {
    const outcome = await this.outcome(seq, command);
    if (command.do !== "hello" && command.do !== "stop" && command.do !== "advance") {
      await this.something(SETTLING_MS);
    }
    const events = this.events;
    this.events = [];
    return { seq, nowMs: Date.now(), ...outcome, events };
  }

  async close(): Promise<void> {
    this.trace?.abort();
    await this.endServices();
    this.endChild();
    this.hangUpAll();
    for (const name of [...this.calls.keys()]) this.drop(name);
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private async outcome(seq: number, command: Command): Promise<Partial<Answer>> {
    switch (command.do) {
      case "hello":
        if (this.url === undefined) await this.begin({});
        return { ok: await this.hello() as unknown as JsonObject };
      case "start":
        return await this.start(command);
      case "publish": {
        const headers: Record<string, string> = { ...command.headers };
        if (command.lease !== undefined) headers["bellhop-lease"] = command.lease;
        if (command.delayMs !== undefined) headers["bellhop-delay-ms"] = String(command.delayMs);
        const { status, body } = await this.ask("POST", "/messages", headers, bodyOf(command));
        if (status !== 202) return refusedBy(status, body);
        const { results } = body as { results?: JsonObject[] };
        if (results === undefined) return { ok: body };
        return { ok: { results: results.map((one) => one.status === 202 ? { ok: one } : refusedBy(0, one)) } as never };
      }
      case "registry":
        return await this.registry(command.envelope);
      case "discover": {
        const { status, body } = await this.ask(
          "POST",
          "/discover",
          JSON_TYPE,
          this.placed(JSON.stringify({ url: command.url })),
        );
        return status === 200 ? { ok: body } : refusedBy(status, body);
      }
      case "settle":
        return this.settle(command.call, command.answer);
      case "advance": {
        if (this.events.length === 0) await this.something(command.toMs - Date.now());
        return { ok: {} };
      }
      case "status":
      case "cancel": {
        // Not as a form writes it, with a plus for a space: that is a plus.
        const query = `source=${encodeURIComponent(command.source)}&id=${encodeURIComponent(command.id)}`;
        const { status, body } = await this.ask(command.do === "status" ? "GET" : "DELETE", `/messages?${query}`);
        return status === 200 ? { ok: body } : refusedBy(status, body);
      }
      case "list":
        return await this.list(command);
      case "letter": {
        const path = `/dead-letters/${encodeURIComponent(command.id)}`;
        const { status, body } = command.action === "redrive"
          ? await this.ask("POST", `${path}/redrive`)
          : await this.ask("DELETE", path);
        return status === 202 || status === 204 ? { ok: body } : refusedBy(status, body);
      }
      case "request":
        return await this.request(seq, command);
      case "read":
        return { ok: await this.read(command.to) };
      case "hang-up":
        this.requests.get(command.to)?.sent.destroy();
        this.requests.delete(command.to);
        return { ok: {} };
      case "stop":
        await this.close();
        return { ok: {} };
      default:
        return { unsupported: `${command.do} has no form in HTTP` };
    }
  }

  private async start({ options, keep, role, security }: Extract<Command, { do: "start" }>): Promise<Partial<Answer>> {
    if (keep === true) return { unsupported: "a restart over HTTP is not known to the suite" };
    if (role === "service") return { unsupported: "a service over HTTP is not known to the suite" };
    if (security !== undefined) return { unsupported: "security over HTTP is set up by whoever starts the gateway" };
    if ("url" in this.target && Object.keys(options).length > 0) {
      return { unsupported: "a gateway behind a URL cannot be given options" };
    }
    this.trace?.abort();
    this.hangUpAll();
    for (const name of [...this.calls.keys()]) this.drop(name);
    await this.endServices();
    await this.begin(options as JsonObject);
    if ("url" in this.target) await this.discardLetters();
    await this.listenToTrace();
    this.events = [];
    this.runs.clear();
    this.deliveries.clear();
    return { ok: {} };
  }

  private async begin(options: JsonObject): Promise<void> {
    if ("url" in this.target) {
      this.url = this.target.url.replace(/\/$/, "");
      return;
    }
    this.endChild();
    const { command, cwd } = this.target;
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, BELLHOP_CONFORM: JSON.stringify(options) },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.child = child;
    child.stderr!.setEncoding("utf8");
    child.stderr!.on("data", (text: string) => this.complaint = (this.complaint + text).slice(-4_000));
    this.url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new SubjectBroken(`\`${command}\` ${why}\n${this.complaint}`.trimEnd()));
      const timer = setTimeout(() => fail(`printed no {"url": …} within ${START_MS} ms`), START_MS);
      let text = "";
      child.stdout!.setEncoding("utf8");
      child.stdout!.on("data", (part: string) => {
        text = (text + part).slice(-65_536);
        const told = toldIn(text);
        if (told === undefined) return;
        clearTimeout(timer);
        this.can = ABILITIES.filter((ability) => told.can?.includes(ability) === true);
        resolve(told.url.replace(/\/$/, ""));
      });
      child.on("exit", (code) => {
        clearTimeout(timer);
        fail(`ended with code ${code} before it printed its URL`);
      });
    });
  }

  private async hello(): Promise<Hello> {
    const { status, body } = await this.ask("GET", "/");
    if (status !== 200) throw new SubjectBroken(`GET ${this.url}/ was answered ${status}, wanted the manifest`);
    const { name, version, profiles } = body as unknown as {
      name: string;
      version: string;
      profiles: Hello["profiles"];
    };
    const known = Array.isArray(profiles) ? profiles : [];
    return {
      control: 1,
      name: String(name),
      version: String(version),
      spec: "0.1",
      // Crashes and credentials are set up by whoever starts the gateway, not by the suite.
      profiles: known.filter((profile) => profile !== "durable" && profile !== "security"),
      clock: "real",
      asks: [],
      can: ["streams", ...this.can],
    };
  }

  /** An answer that waits for what the suite has still to say follows as an event. */
  private async request(
    seq: number,
    command: Extract<Command, { do: "request" }>,
  ): Promise<Partial<Answer>> {
    let answered: Partial<Answer> | undefined;
    let late = false;
    const work = this.exchange(seq, command).then((ok) => {
      answered = { ok };
      if (late) this.tell({ kind: "answer", to: seq, ...answered } as SubjectEvent);
    });
    const broken = work.catch((error) => {
      if (!late) throw error;
    });
    const openCalls = this.calls.size;
    const waits = command.unfinished === true || /\bwait\b/.test(command.headers.prefer ?? "");
    const untilMs = Date.now() + (waits ? WAITING_MS : REQUEST_MS);
    while (answered === undefined && Date.now() < untilMs && this.calls.size === openCalls) {
      await Promise.race([broken, this.something(WAITING_MS)]);
    }
    // A call of the gateway may be what the answer waits for, or have come by itself.
    if (answered === undefined) await Promise.race([broken, this.something(WAITING_MS)]);
    if (answered !== undefined) return answered;
    late = true;
    return { pending: true };
  }

  /** As it is: `fetch` would put the path in order, and send no header that it keeps to itself. */
  private async exchange(
    seq: number,
    { method, path, headers, stream, unfinished, ...content }: Extract<Command, { do: "request" }>,
  ): Promise<JsonObject> {
    const { hostname, port, pathname } = new URL(this.url!);
    const mount = pathname.replace(/\/$/, "");
    const sent = send({
      host: hostname,
      port,
      method,
      path: path === "/" && mount !== "" ? mount : mount + path,
      // Of itself the client would ask for the close that a check may look for.
      headers: { connection: "keep-alive", ...headers },
      agent: false,
    });
    const open: OpenRequest = { sent, text: "", ended: false };
    this.requests.set(seq, open);
    const answer = new Promise<IncomingMessage | undefined>((resolve) => {
      sent.on("response", resolve);
      sent.on("error", () => resolve(undefined));
      sent.on("close", () => resolve(undefined));
    });
    const given = bodyOf(content);
    const body = typeof given === "string" && path === "/discover" ? this.placed(given) : given;
    if (unfinished === true) sent.write(body ?? "");
    else sent.end(body);
    const timer = stream === true || unfinished === true ? undefined : setTimeout(() => sent.destroy(), REQUEST_MS);
    try {
      const response = await answer;
      // A process that has gone is another matter than a connection that was closed: this asks it.
      if (response === undefined) {
        this.requests.delete(seq);
        await this.ask("GET", "/");
        return { closed: true };
      }
      response.setEncoding("utf8");
      const ended = new Promise<void>((resolve) => {
        response.on("data", (text: string) => {
          open.text += text;
          this.told?.();
        });
        response.on("close", () => {
          open.ended = true;
          this.told?.();
          resolve();
        });
        response.on("error", () => {});
      });
      const head = {
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]),
        ),
      };
      if (stream === true) return { ...head, body: "" };
      await ended;
      this.requests.delete(seq);
      sent.destroy();
      return { ...head, body: open.text };
    } finally {
      clearTimeout(timer);
    }
  }

  private async read(seq: number): Promise<JsonObject> {
    const open = this.requests.get(seq);
    if (open === undefined) return { text: "", ended: true };
    if (open.text === "" && !open.ended) await this.something(READING_MS);
    const { text, ended } = open;
    open.text = "";
    return { text, ended };
  }

  private hangUpAll(): void {
    for (const { sent } of this.requests.values()) sent.destroy();
    this.requests.clear();
  }

  private async registry(envelope: JsonObject): Promise<Partial<Answer>> {
    const { endpoint, ...data } = (envelope.data ?? {}) as { readonly endpoint?: string };
    const placed = typeof endpoint === "string" && endpoint.startsWith("http://127.0.0.1:9/")
      ? { ...envelope, data: { ...data, endpoint: endpoint.replace("http://127.0.0.1:9", this.origin()) } }
      : envelope;
    const { status, body } = await this.ask(
      "POST",
      "/registry",
      { "content-type": STRUCTURED },
      JSON.stringify(placed),
    );
    if (status !== 200) return refusedBy(status, body);
    const answer = (body.data ?? {}) as { readonly name?: string; readonly lease?: string };
    if (body.type === "service.registered" && answer.name !== undefined && answer.lease !== undefined) {
      this.leases.set(answer.name, answer.lease);
      this.registered.add(answer.name);
    }
    return { ok: body };
  }

  private async list({ what, limit, after, receiver }: Extract<Command, { do: "list" }>): Promise<Partial<Answer>> {
    const query = new URLSearchParams();
    if (what === "unfinished") query.set("unfinished", "CRITICAL");
    if (what === "delayed") query.set("state", "delayed");
    if (limit !== undefined) query.set("limit", String(limit));
    if (after !== undefined) query.set("after", after);
    if (receiver !== undefined) query.set("receiver", receiver);
    const path = what === "dead-letters" ? "/dead-letters" : what === "services" ? "/services" : "/messages";
    const { status, body } = await this.ask("GET", query.size === 0 ? path : `${path}?${query}`);
    if (status !== 200) return refusedBy(status, body);
    const entries = body[what === "dead-letters" ? "deadLetters" : what === "services" ? "services" : "messages"];
    return { ok: { entries: entries ?? [], after: body.after ?? null } };
  }

  private settle(name: string, answer: CallAnswer): Partial<Answer> {
    const call = this.calls.get(name);
    if (call === undefined) return { ok: { held: false } };
    const reply = httpAnswer(answer);
    if (reply === undefined) return { unsupported: `${JSON.stringify(answer)} cannot be said in HTTP` };
    clearTimeout(call.timer);
    this.calls.delete(name);
    const held = !call.response.destroyed;
    if (reply === "cut") call.response.destroy();
    else if ("unfinished" in answer && answer.unfinished === true) {
      call.response.writeHead(reply.status, reply.headers).write(reply.body);
    } else call.response.writeHead(reply.status, reply.headers).end(reply.body);
    return { ok: { held } };
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whoever finds a connection cut that had served before may send again what cannot have arrived.
    response.shouldKeepAlive = false;
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = new TextDecoder().decode(concat(chunks));
    const headers = Object.fromEntries(
      Object.entries(request.headers).map((
        [name, value],
      ) => [name, Array.isArray(value) ? value.join(", ") : value ?? ""]),
    );
    const url = `http://127.0.0.1:9${request.url}`;
    const method = request.method ?? "GET";
    const kind = method === "OPTIONS"
      ? "handshake"
      : method === "POST" && headers["bellhop-delivery"] !== undefined
      ? "delivery"
      : request.url?.endsWith("/health")
      ? "health"
      : headers["x-bellhop-suite"] === undefined && method === "GET" && headers.accept?.includes("application/json")
      ? "manifest"
      : "proxy";
    if (kind === "health") {
      response.writeHead(200, { "content-type": "application/health+json" }).end('{"status":"pass"}');
      return;
    }
    const name = `c${++this.callCount}`;
    const timer = setTimeout(() => this.drop(name), OPEN_CALL_MS);
    this.calls.set(name, { response, timer });
    const [, receiver = "", instance = ""] = (request.url ?? "").split("/");
    const base = { kind: "call", call: name, atMs: Date.now(), request: { method, url, headers, body } } as const;
    if (kind !== "delivery") {
      this.tell({ ...base, for: kind });
      return;
    }
    const envelope = jsonOf(body);
    const run = this.runOf(JSON.stringify([envelope.source, envelope.id, receiver]), headers["bellhop-delivery"] ?? "");
    this.tell({
      ...base,
      for: "delivery",
      receiver,
      instance,
      run,
      attempt: Number(headers["bellhop-attempt"] ?? 1),
      deliveryId: headers["bellhop-delivery"] ?? "",
      envelope,
    });
  }

  /** No request names its run: the trace does, which may come later, or a delivery that is another than before. */
  private runOf(key: string, deliveryId: string): number {
    const before = this.deliveries.get(key);
    const next = before === undefined ? 1 : before.deliveryId === deliveryId ? before.run : before.run + 1;
    const run = Math.max(this.runs.get(key) ?? 1, next);
    this.deliveries.set(key, { deliveryId, run });
    return run;
  }

  /** Follows the trace until the next start. */
  private async listenToTrace(): Promise<void> {
    const stop = new AbortController();
    this.trace = stop;
    const response = await fetch(`${this.url}/trace`, { signal: stop.signal });
    if (!response.ok || response.body === null) {
      throw new SubjectBroken(`GET ${this.url}/trace was answered ${response.status}, wanted a stream of events`);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const follow = async () => {
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        // An abort does not end every stream in which something was on its way.
        if (stop.signal.aborted) return await reader.cancel();
        const blocks = (text + value).split(/\r?\n\r?\n/);
        text = blocks.pop()!;
        for (const block of blocks) {
          const data = block.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5))
            .join("\n");
          if (data === "") continue;
          const event = JSON.parse(data);
          if (event.kind === "redriven") {
            this.runs.set(JSON.stringify([event.source, event.id, event.receiver]), event.run);
          }
          this.tell({ kind: "trace", event });
        }
      }
    };
    follow().catch(() => {}); // it ends with the gateway
  }

  private tell(event: SubjectEvent): void {
    this.events.push(event);
    this.told?.();
  }

  /** Resolves when an event has come, or after so many milliseconds. */
  private async something(ms: number): Promise<void> {
    if (ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.told = () => {
        clearTimeout(timer);
        // What comes along with it comes in the same moment.
        setTimeout(resolve, 2);
      };
    });
    this.told = undefined;
  }

  private async ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string | Uint8Array<ArrayBuffer>,
  ): Promise<{ status: number; body: JsonObject }> {
    const response = await this.fetch(method, path, headers, body);
    return { status: response.status, body: jsonOf(await response.text()) };
  }

  private async fetch(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array<ArrayBuffer> | undefined,
  ): Promise<Response> {
    try {
      return await fetch(`${this.url}${path === "/" ? "" : path}`, {
        method,
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(REQUEST_MS),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new SubjectBroken(`${method} ${this.url}${path}: ${cause}; ${this.complaint}`.trimEnd());
    }
  }

  private async endServices(): Promise<void> {
    if ("command" in this.target || this.url === undefined) {
      this.leases.clear();
      return;
    }
    for (const lease of this.leases.values()) {
      const envelope = { specversion: "1.0", id: "end", source: "/suite", type: "service.deregister" };
      const body = JSON.stringify({ ...envelope, data: { lease, service: true } });
      await this.ask("POST", "/registry", { "content-type": STRUCTURED }, body).catch(() => {});
    }
    this.leases.clear();
  }

  /** What sessions before have left at a gateway that goes on; the letters of others stay. */
  private async discardLetters(): Promise<void> {
    let after: string | null = "";
    while (after !== null) {
      const from: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
      const { status, body } = await this.ask("GET", `/dead-letters?limit=1000${from}`);
      if (status !== 200) return;
      const page = body as unknown as { deadLetters: { id: string; receiver: string }[]; after: string | null };
      for (const { id, receiver } of page.deadLetters) {
        if (this.registered.has(receiver)) await this.ask("DELETE", `/dead-letters/${encodeURIComponent(id)}`);
      }
      after = page.after;
    }
  }

  private endChild(): void {
    const pid = this.child?.pid;
    this.child = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // it has ended
    }
  }

  private drop(name: string): void {
    const call = this.calls.get(name);
    if (call === undefined) return;
    clearTimeout(call.timer);
    this.calls.delete(name);
    call.response.destroy();
  }

  /** What stands for the suite itself, at the place where it listens. */
  private placed(text: string): string {
    return text.replaceAll("http://127.0.0.1:9/", `${this.origin()}/`);
  }

  private origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

const JSON_TYPE = { "content-type": "application/json" };

function refusedBy(status: number, body: JsonObject): Partial<Answer> & { refused: { code: string } } {
  const { code, field, faults } = body as { code?: string; field?: string; faults?: never };
  return {
    refused: {
      code: typeof code === "string" ? code : `status-${status}`,
      ...(field === undefined ? {} : { field }),
      ...(faults === undefined ? {} : { faults }),
    },
  };
}

/** The answer of HTTP that says it; `undefined` if there is none. */
function httpAnswer(
  answer: CallAnswer,
): { status: number; headers: Record<string, string>; body: string } | "cut" | undefined {
  if ("fault" in answer) return "cut";
  if ("status" in answer) return { status: answer.status, headers: { ...answer.headers }, body: answer.body };
  if (answer.verdict === "working") return undefined;
  if (answer.verdict === "ack") return { status: 204, headers: {}, body: "" };
  if (answer.verdict === "term") return { status: 422, headers: { "bellhop-verdict": "term" }, body: "" };
  const { delayMs } = answer;
  if (delayMs !== undefined && delayMs % 1_000 !== 0) return undefined;
  const wait: Record<string, string> = delayMs === undefined ? {} : { "retry-after": String(delayMs / 1_000) };
  return { status: 503, headers: { "bellhop-verdict": "nak", ...wait }, body: "" };
}

function bodyOf(
  { body, bodyBase64 }: { readonly body?: string; readonly bodyBase64?: string },
): string | Uint8Array<ArrayBuffer> | undefined {
  return bodyBase64 === undefined ? body : Uint8Array.from(atob(bodyBase64), (letter) => letter.charCodeAt(0));
}

function toldIn(text: string): { readonly url: string; readonly can?: readonly unknown[] } | undefined {
  for (const line of text.split("\n").slice(0, -1)) {
    try {
      const { url, can } = JSON.parse(line);
      if (typeof url === "string") return { url, ...(Array.isArray(can) ? { can } : {}) };
    } catch {
      // another line
    }
  }
  return undefined;
}

function jsonOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
