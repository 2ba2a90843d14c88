/**
 * Plays the seeds' flows between real processes, and draws them from the gateway's live trace.
 *
 * `--no-flush` gives the gateway a store on which the retry state is never flushed: the demo then fails. The exit code is
 * 0 if every arrow of the figures was drawn, 1 if one is missing, 2 if a process did not do its part.
 *
 * @module
 */
import { killAll } from "./child.ts";
import { compare } from "./compare.ts";
import { paint, show } from "./paint.ts";
import { figure } from "./read_diagram.ts";
import { type Scene, SCENES } from "./scenes.ts";
import { Sketch } from "./sketch.ts";
import { openStage, type Stage } from "./stage.ts";

const FIGURES = new URL("../../docs/spec/figures.md", import.meta.url);
const figures = await Deno.readTextFile(FIGURES);
const flush = !Deno.args.includes("--no-flush");
const folder = await Deno.makeTempDir({ prefix: "bellhop_demo_" });
const startedMs = performance.now();

let leaving: Promise<never> | undefined;

for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void leave(130));
await leave(await playAll());

async function playAll(): Promise<number> {
  try {
    show("Starting a gateway and three services, each a process of its own …");
    const stage = await openStage(folder, flush);
    showProcesses(stage);
    for (const scene of SCENES) {
      if (!(await play(scene, stage))) return 1;
    }
    stage.close();
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    show(paint("green", `Every arrow of the seeds' diagrams was drawn from the trace, in ${seconds} s.`));
    return 0;
  } catch (error) {
    if (leaving !== undefined) return await leaving;
    show(paint("red", `The demo cannot go on: ${error instanceof Error ? error.message : error}`));
    return 2;
  }
}

/** @returns whether every arrow of the figure was drawn, in its order */
async function play(scene: Scene, stage: Stage): Promise<boolean> {
  const { titles, strokes } = figure(figures, scene.figure);
  show("", paint("bold", scene.title), "", ...scene.explanation.map((line) => paint("dim", line)), "");
  const sketch = new Sketch(titles, scene.labels, scene.cast, scene.belongs);
  const leave = stage.listen((step) => sketch.take(step));
  await scene.play(stage, sketch);
  leave();
  const { missing, besides } = compare(strokes, sketch.strokes, titles);
  for (const stroke of missing) show(paint("red", `missing arrow: ${stroke}`));
  for (const stroke of besides) show(paint("yellow", `not in the figure: ${stroke}`));
  return missing.length === 0;
}

function showProcesses({ gateway, users, documents, serviceB }: Stage): void {
  const names = [gateway, users, documents, serviceB].map(({ name, pid }) => `${name} ${pid}`);
  show(`Processes: ${names.join(", ")}`);
}

/** Ends the processes and removes the folder; the first code counts. */
function leave(code: number): Promise<never> {
  return leaving ??= end(code);
}

async function end(code: number): Promise<never> {
  await killAll();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.exit(code);
}
