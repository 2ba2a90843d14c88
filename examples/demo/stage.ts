/**
 * The processes of the demo, and what can be done to them.
 *
 * @module
 */
import { join } from "node:path";
import { type Child, spawn } from "./child.ts";
import type { AskService, StartGateway } from "./child_protocol.ts";
import { type LiveTrace, liveTrace } from "./live_trace.ts";
import type { Step } from "./step.ts";

type Service = Child<AskService>;
type Gateway = Child<StartGateway>;

/** The processes while the scenes are played. */
export interface Stage {
  readonly users: Service;
  readonly documents: Service;
  /** Whoever is Service B at the moment. */
  readonly serviceB: Service;
  readonly gateway: Gateway;
  /** Has a service listen and register. */
  start(service: Service): Promise<void>;
  /** Has a service publish. @returns the message's id */
  publish(service: Service, type: string, data: unknown, options?: Publish): Promise<string>;
  /** Kills Service B; the process that will take its place waits already. */
  killServiceB(): Promise<string>;
  /** Starts the process that takes its place, on the same port. */
  restartServiceB(): Promise<string>;
  /** Kills the gateway, and starts another one on the same store and port. */
  replaceGateway(): Promise<string>;
  /** Tells each step of the trace, of whichever gateway, until the function returned is called. */
  listen(listener: (step: Step) => void): () => void;
  close(): void;
}

type Publish = Extract<AskService, { do: "publish" }>["options"];

/** Starts all processes; those that are to come in later wait, loaded. */
export async function openStage(folder: string, flush: boolean): Promise<Stage> {
  const store = join(folder, "bus.db");
  const spawnServiceB = () => spawn<AskService>("Service B", "service_b_process.ts");
  const spawnGateway = () => spawn<StartGateway>("Gateway", "gateway_process.ts");
  let [gateway, users, documents, serviceB, nextServiceB] = await Promise.all([
    spawnGateway(),
    spawn<AskService>("User Service", "users_process.ts"),
    spawn<AskService>("Document Service", "documents_process.ts"),
    spawnServiceB(),
    spawnServiceB(),
  ]);
  let nextGateway: Promise<Gateway> | undefined;
  let moreServiceB: Promise<Service> | undefined;
  const listeners = new Set<(step: Step) => void>();
  const tell = (step: Step) => listeners.forEach((listener) => listener(step));

  const { url, port } = await gateway.ask({ do: "start", store, port: 0, flush }) as { url: string; port: number };
  let trace: LiveTrace = await liveTrace(url, tell);
  let portOfB = 0;

  return {
    users,
    documents,
    get serviceB() {
      return serviceB;
    },
    get gateway() {
      return gateway;
    },
    async start(service) {
      const started = await service.ask({ do: "start", gateway: url, port: 0 });
      if (service === serviceB) portOfB = started.port!;
    },
    async publish(service, type, data, options = {}) {
      const { id } = await service.ask({ do: "publish", type, data, options });
      return id!;
    },
    async killServiceB() {
      await serviceB.kill();
      nextGateway ??= spawnGateway();
      moreServiceB ??= spawnServiceB();
      nextGateway.catch(() => {});
      moreServiceB.catch(() => {});
      return `Service B killed (SIGKILL, pid ${serviceB.pid})`;
    },
    async restartServiceB() {
      serviceB = nextServiceB;
      await serviceB.ask({ do: "start", gateway: url, port: portOfB });
      nextServiceB = await moreServiceB!;
      return `Service B runs again as pid ${serviceB.pid}`;
    },
    async replaceGateway() {
      const next = await nextGateway!;
      await gateway.kill();
      trace.close();
      const killed = gateway.pid;
      gateway = next;
      await gateway.ask({ do: "start", store, port, flush });
      trace = await liveTrace(url, tell);
      return `Gateway killed (SIGKILL, pid ${killed}); again as pid ${gateway.pid}`;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => trace.close(),
  };
}
