import { storeContract } from "../../testing/store_contract.ts";
import { denoKv } from "./deno_kv.ts";
const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let files = 0;
storeContract(() => denoKv(fresh()), { register: (name, check) => Deno.test(`denoKv(): ${name}`, check), runs: 10 });
function fresh(): string {
  return `${directory}/${files++}.kv`;
}
