/** A process that says something on standard output while it runs. */
export interface TalkingProcess {
  readonly pid: number;
  /** Its next line. @throws if it ends without one */
  line(): Promise<string>;
  /** Ends its standard input. */
  hangUp(): Promise<void>;
  /** Sends the signal, and resolves when the process is gone. */
  stop(signal: Deno.Signal): Promise<void>;
}

/** Starts a file with Deno. */
export function talkingProcess(file: string, ...args: readonly string[]): TalkingProcess {
  const child = new Deno.Command(Deno.execPath(), {
    // Deno 2.9 writes a remark about its older behaviour for each server that asks whether its caller is gone.
    args: ["run", "-A", "--unstable-no-legacy-abort", file, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let hungUp: Promise<void> | undefined;
  const hangUp = () => hungUp ??= child.stdin.close();
  return {
    pid: child.pid,
    async line() {
      while (!rest.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`${file} (pid ${child.pid}) ended without an answer`);
        rest += value;
      }
      const end = rest.indexOf("\n");
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      return line;
    },
    hangUp,
    async stop(signal) {
      try {
        child.kill(signal);
      } catch { /* it is gone already */ }
      await child.status;
      await Promise.allSettled([reader.cancel(), hangUp()]);
    },
  };
}
