/** How a command ended. */
export interface Ending {
  readonly code: number;
  readonly seconds: number;
  /** Whether it was killed because its time was up. */
  readonly overtime: boolean;
}

/**
 * Runs a command with the output of this process; at the limit the command and all its children are killed.
 *
 * The command leads a process group of its own: npx and `deno task` do not pass signals on to their children.
 */
export async function run(
  command: readonly string[],
  limitSeconds: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  const startedMs = performance.now();
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    env,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    detached: true,
  }).spawn();
  let overtime = false;
  const kill = () => killGroup(child.pid);
  const timer = setTimeout(() => {
    overtime = true;
    kill();
  }, limitSeconds * 1_000);
  const stop = () => {
    kill();
    Deno.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  try {
    const { code } = await child.status;
    return { code, seconds: (performance.now() - startedMs) / 1_000, overtime };
  } finally {
    clearTimeout(timer);
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
    kill(); // what the command left running
  }
}

function killGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound || (error instanceof TypeError) ||
      /ESRCH|No such process/.test((error as Error).message);
    if (!gone) throw error;
  }
}
