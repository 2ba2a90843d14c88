/** A Durable Object that writes its own data and a message in one transaction: what `rows_runtime_test.ts` runs. */
import { outbox, sqlRows } from "@bellhop/bellhop/outbox";
import { durableObject, type ObjectStorage } from "@bellhop/bellhop/stores/durable-object";

/** Takes orders. */
export class Shop {
  readonly #storage: ObjectStorage;

  constructor(context: { readonly storage: ObjectStorage }) {
    this.#storage = context.storage;
  }

  /** Places one order, tries one that fails, and says what came of both. */
  async fetch(): Promise<Response> {
    const storage = this.#storage;
    const sent: string[] = [];
    const box = await outbox({
      gateway: "http://gateway/bus",
      store: durableObject(storage, { prefix: "outbox" }),
      fetch(_url, { body }) {
        sent.push(JSON.parse(body as string).id);
        return Promise.resolve(new Response(null, { status: 202 }));
      },
    });
    const rows = sqlRows((sql, ...bindings) => storage.sql.exec(sql, ...bindings).toArray());
    storage.sql.exec("CREATE TABLE orders (id TEXT)");
    for (const id of ["placed", "failed"]) {
      const sealed = await box.seal("order.placed", { id }, { id });
      try {
        storage.transactionSync(() => {
          storage.sql.exec("INSERT INTO orders VALUES (?)", id);
          rows.put(sealed);
          if (id === "failed") throw new Error("out of stock");
        });
      } catch { /* the order and its message are both gone */ }
    }
    const collected = await box.collect(rows);
    await box.flush();
    const { waiting } = await box.status();
    await box.close();
    return Response.json({ orders: storage.sql.exec("SELECT id FROM orders").toArray(), collected, sent, waiting });
  }
}

export default {
  fetch(request: Request, env: { SHOP: { getByName(name: string): { fetch(request: Request): Promise<Response> } } }) {
    return env.SHOP.getByName("one").fetch(request);
  },
};
