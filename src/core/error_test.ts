import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import { BellhopError, type ErrorCode, ERRORS, isErrorCode } from "./error.ts";
import { permissionMissing } from "./permission_missing.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

Deno.test("ERRORS says what the page on errors says", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/errors.md", import.meta.url)).replaceAll("\\*", "*");
  const entry = /^### (.+)\n\n\*\*(.+)\.\*\* Status (\d+) · blame: (\w+) · retry: (\w+)\n[^]*?_What to do:_ (.+)$/gm;
  const read = [...page.matchAll(entry)].map(([, code, title, status, blame, retry, fix]) => [
    code,
    { status: Number(status), blame, retry: retry === "yes", title, fix },
  ]);
  const byCode = (a: readonly unknown[], b: readonly unknown[]) => String(a[0]) < String(b[0]) ? -1 : 1;
  assertEquals(Object.entries(ERRORS).sort(byCode), read.sort(byCode));
});

Deno.test("BellhopError carries what its code means, and says its title where no detail is given", () => {
  for (const code of CODES) {
    const error = new BellhopError(code);
    const { status, retry, fix, title } = ERRORS[code];
    assertEquals([error.code, error.status, error.retry, error.fix, error.message], [code, status, retry, fix, title]);
    assertEquals([error.name, error.field, error.faults, error.retryAfterMs], ["BellhopError", ...Array(3)]);
    assertFalse("cause" in error);
  }
});

Deno.test("BellhopError carries what its occurrence adds", () => {
  const faults = [{ field: "time", code: "missing", reason: "time must be there" }];
  const cause = new Error("why");
  const error = new BellhopError("envelope-invalid", "no time", { field: "time", faults, retryAfterMs: 7, cause });
  assertEquals(
    [error.message, error.field, error.faults, error.retryAfterMs, error.cause],
    ["no time", "time", faults, 7, cause],
  );
});

Deno.test("BellhopError knows another copy's errors by their name, and nothing that is no error", () => {
  assertInstanceOf(Object.assign(new Error(), { name: "BellhopError" }), BellhopError);
  assertFalse(new Error() instanceof BellhopError);
  const lookalike: unknown = { name: "BellhopError" };
  assertFalse(lookalike instanceof BellhopError);
});

Deno.test("isErrorCode() knows the codes, and no other text or value", () => {
  for (const code of CODES) assert(isErrorCode(code));
  for (const other of ["", "toString", "Internal", undefined, 3, ["internal"]]) assertFalse(isErrorCode(other));
});

Deno.test("permissionMissing() knows what Deno and Node say, and leaves other errors alone", () => {
  const deno = Object.assign(new Error("Requires net access"), { name: "NotCapable" });
  const node = Object.assign(new Error("Access restricted"), { code: "ERR_ACCESS_DENIED" });
  for (const cause of [deno, node]) {
    const error = permissionMissing("cannot open bus.db", cause)!;
    assertEquals(
      [error.code, error.message, error.cause],
      ["permission-missing", `cannot open bus.db: ${cause.message}`, cause],
    );
  }
  for (const other of [undefined, null, "NotCapable", new Error("NotCapable"), { code: "ENOENT" }]) {
    assertEquals(permissionMissing("cannot open bus.db", other), undefined);
  }
});
