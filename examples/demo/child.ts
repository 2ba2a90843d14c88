import type { Reply } from "./child_protocol.ts";
import { TextLineStream } from "./text_lines.ts";

/** A process of the demo. */
export interface Child<Question> {
  readonly name: string;
  readonly pid: number;
  /** @throws if the process answers with an error or is gone */
  ask(question: Question): Promise<Reply>;
  /** Kills it as a power cut would, and resolves when it is gone. */
  kill(): Promise<void>;
}

const children = new Set<Child<never>>();

/** Starts a file of this folder as a process, and resolves when it is loaded. */
export async function spawn<Question>(name: string, file: string): Promise<Child<Question>> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL(file, import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  const complaints = new Response(process.stderr).text();
  const questions = process.stdin.getWriter();

  async function reply(): Promise<Reply> {
    const { value, done } = await said.read();
    if (done) throw new Error(`${name} (pid ${process.pid}) has ended: ${(await complaints).slice(-2_000)}`);
    const answer: Reply = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(`${name} (pid ${process.pid}): ${answer.error}`);
    return answer;
  }

  const child: Child<Question> = {
    name,
    pid: process.pid,
    async ask(question) {
      await questions.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
      return await reply();
    },
    async kill() {
      if (!children.delete(child)) return;
      process.kill("SIGKILL");
      await process.status;
      await Promise.allSettled([said.cancel(), questions.close(), complaints]);
    },
  };
  children.add(child);
  process.status.then(() => children.delete(child));
  await reply();
  return child;
}

/** Ends what still runs. */
export async function killAll(): Promise<void> {
  await Promise.all([...children].map((child) => child.kill()));
}
