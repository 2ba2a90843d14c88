import { assertEquals, assertGreater } from "@std/assert";
import { filesBelow } from "./_testing.ts";

/** What one page points at: `[text](path#heading)`, and files of the repository named in `code`. */
interface Reference {
  readonly path: string;
  readonly heading: string | undefined;
}

Deno.test("documents point only at files and headings that exist", async () => {
  // The starts for other languages name files of the folder that they are written to.
  const pages = filesBelow("", (path) => path.endsWith(".md") && !path.startsWith("conformance/init/"));
  const faults: string[] = [];
  let seen = 0;
  for (const page of pages) {
    const text = await Deno.readTextFile(page);
    for (const reference of [...linksOf(text, page), ...filesNamed(text)]) {
      seen++;
      const fault = await faultOf(reference);
      if (fault !== undefined) faults.push(`${page}: ${fault}`);
    }
  }
  assertEquals(faults, []);
  assertGreater(seen, 50);
});

Deno.test("documents name no path of a machine", async () => {
  const faults: string[] = [];
  for (const page of filesBelow("", (path) => path.endsWith(".md"))) {
    const text = await Deno.readTextFile(page);
    for (const [found] of text.matchAll(/(?<![\w.])\/(?:home|root|tmp|work|Users)\/[\w.-]+/g)) {
      faults.push(`${page}: ${found}`);
    }
  }
  assertEquals(faults, []);
});

Deno.test("linksOf() resolves relative links and leaves those of the web alone", () => {
  const text = "[a](../b.md#c-d) [web](https://example.com) [here](#x)\n```\n[code](no.md)\n```\n";
  assertEquals(linksOf(text, "docs/spec/a.md"), [
    { path: "docs/b.md", heading: "c-d" },
    { path: "docs/spec/a.md", heading: "x" },
  ]);
});

Deno.test("faultOf() finds a missing file and a missing heading", async () => {
  assertEquals(await faultOf({ path: "no/such.ts", heading: undefined }), "no/such.ts does not exist");
  assertEquals(await faultOf({ path: "CONTRIBUTING.md", heading: "nothing" }), "CONTRIBUTING.md has no #nothing");
  assertEquals(await faultOf({ path: "CONTRIBUTING.md", heading: "how-ci-judges" }), undefined);
});

Deno.test("filesNamed() knows a file of the repository by its folder", () => {
  assertEquals(filesNamed("`src/a.ts` `a.ts` `scripts/x_test.ts` `src/a/` `sqlite3`").map(({ path }) => path), [
    "src/a.ts",
    "scripts/x_test.ts",
    "src/a/",
  ]);
});

function linksOf(text: string, page: string): Reference[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const url = new URL(target, `file:///${page}`);
      return { path: decodeURI(url.pathname).slice(1), heading: url.hash === "" ? undefined : url.hash.slice(1) };
    });
}

function filesNamed(text: string): Reference[] {
  const named = withoutBlocks(text).matchAll(/`((?:src|docs|scripts|bench|testing|examples)\/[\w./-]*)`/g);
  return [...named].map(([, path]) => ({ path, heading: undefined }));
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, "");
}

async function faultOf({ path, heading }: Reference): Promise<string | undefined> {
  try {
    await Deno.stat(path === "" ? "." : path);
  } catch {
    return `${path} does not exist`;
  }
  if (heading === undefined || !path.endsWith(".md")) return undefined;
  const headings = withoutBlocks(await Deno.readTextFile(path)).matchAll(/^#+ +(.+)$/gm);
  const slugs = [...headings].map(([, title]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-")
  );
  return slugs.includes(heading) ? undefined : `${path} has no #${heading}`;
}
