/**
 * A Worker whose object writes records on request: `?way=single|batch|store&turns=n`, 50 records a turn.
 *
 * @module
 */
import { durableObject, type ObjectStorage } from "@bellhop/bellhop/stores/durable-object";
import type { MessageStore } from "@bellhop/bellhop/ports";

const PUBLISHERS = 50;
const VALUE = JSON.stringify({ envelope: "x".repeat(586) });

export class Bench {
  private count = 0;
  private readonly store: Promise<MessageStore>;

  constructor(private readonly ctx: { readonly storage: ObjectStorage }) {
    this.store = durableObject(ctx.storage)();
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS raw (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)");
  }

  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const turn = WAYS[searchParams.get("way") as keyof typeof WAYS];
    for (let turns = Number(searchParams.get("turns")); turns > 0; turns--) await turn(this);
    return new Response();
  }

  key(): string {
    return `k${(++this.count * 7_919 % 1_000_003).toString(36)}-${this.count}`;
  }

  insert(): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO raw VALUES (?, ?)", this.key(), VALUE);
  }

  async single(): Promise<void> {
    for (let n = 0; n < PUBLISHERS; n++) {
      this.insert();
      await this.ctx.storage.sync();
    }
  }

  async batch(): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      for (let n = 0; n < PUBLISHERS; n++) this.insert();
    });
    await this.ctx.storage.sync();
  }

  async publish(): Promise<void> {
    const store = await this.store;
    const write = () => store.write([{ keyspace: "messages", key: this.key(), value: VALUE }]);
    await Promise.all(Array.from({ length: PUBLISHERS }, write));
  }
}

const WAYS = {
  single: (bench: Bench) => bench.single(),
  batch: (bench: Bench) => bench.batch(),
  store: (bench: Bench) => bench.publish(),
};

interface Env {
  readonly BENCH: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch: (request: Request, { BENCH }: Env) => BENCH.get(BENCH.idFromName("one")).fetch(request),
};
