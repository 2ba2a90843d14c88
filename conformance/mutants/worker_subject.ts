/**
 * A subject in a Worker, made from the text of its module.
 *
 * @module
 */
import type { Answer, Command, OpenSubject, Subject } from "../control.ts";
import { SubjectBroken } from "../failure.ts";

/** Opens a Worker with that module; it answers each message `{seq, command}` with `{answer}`. */
export function workerSubject(url: string): OpenSubject {
  return async () => {
    const worker = new Worker(url, { type: "module" });
    const queue: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
    const ready = Promise.withResolvers<void>();
    const fail = (message: string): void => {
      const error = new SubjectBroken(message);
      ready.reject(error);
      for (const { reject } of queue.splice(0)) reject(error);
    };
    worker.onmessage = ({ data }: MessageEvent<{ ready?: true; answer?: string; error?: string }>) => {
      if (data.ready === true) return ready.resolve();
      const waiting = queue.shift();
      if (data.answer === undefined) waiting?.reject(new SubjectBroken(data.error ?? "no answer"));
      else waiting?.resolve(JSON.parse(data.answer));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    const subject: Subject = {
      send: (seq: number, command: Command) =>
        new Promise((resolve, reject) => {
          queue.push({ resolve, reject });
          worker.postMessage({ seq, command });
        }),
      close() {
        worker.terminate();
        return Promise.resolve();
      },
    };
    await ready.promise;
    return subject;
  };
}
