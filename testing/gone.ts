/**
 * Waiting for processes that are no children of ours, after a kill: until they are gone they may still write.
 *
 * @module
 */

/** A process, as `/proc` tells it. */
export interface Process {
  readonly pid: number;
  /** The group that it is in. */
  readonly group: number;
}

const END_MS = 20_000;

/** Resolves when no process that `isMeant` lives any more. @throws Error if one lives on for 20 s */
export async function gone(isMeant: (process: Process) => boolean): Promise<void> {
  const deadline = Date.now() + END_MS;
  for (;;) {
    const living = (await livingProcesses()).filter(isMeant);
    if (living.length === 0) return;
    if (Date.now() > deadline) throw new Error(`outlived the kill by ${END_MS} ms: ${living.map(({ pid }) => pid)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Asks `/proc` and not a signal 0, which the dead hear too until somebody collects them. */
async function livingProcesses(): Promise<Process[]> {
  const living: Process[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    // After the command's name, which may hold anything: state, parent, group.
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (group !== undefined && state !== "Z" && state !== "X") living.push({ pid: Number(name), group: Number(group) });
  }
  return living;
}
