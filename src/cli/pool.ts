/** How much a pool does at once. */
export interface PoolSize {
  /** Workers at once. */
  readonly width: number;
  /** Pieces that one worker is given at most. */
  readonly most: number;
}

/**
 * Works on what an iterable gives, several workers at once. A worker is given the pieces that have come while all were
 * busy, so a slow source is passed on piece by piece and a fast one in batches; nothing is taken beyond one batch.
 *
 * A worker that rejects ends the whole: nothing more is taken, and the pool rejects when the others are done.
 */
export async function pool<Piece>(
  pieces: AsyncIterable<Piece>,
  { width, most }: PoolSize,
  work: (pieces: readonly Piece[]) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const waiting: Piece[] = [];
  let failure: { readonly error: unknown } | undefined;

  function dispatch(): void {
    while (failure === undefined && running.size < width && waiting.length > 0) {
      const task: Promise<void> = work(waiting.splice(0, most))
        .catch((error) => void (failure ??= { error }))
        .finally(() => {
          running.delete(task);
          dispatch();
        });
      running.add(task);
    }
  }

  for await (const piece of pieces) {
    waiting.push(piece);
    dispatch();
    while (waiting.length >= most && failure === undefined) await Promise.race(running);
    if (failure !== undefined) break;
  }
  while (running.size > 0) await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
