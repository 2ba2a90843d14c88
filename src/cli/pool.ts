/**
 * Works on what an iterable gives, at most `width` pieces at once, and takes no piece before there is room for it.
 *
 * A worker that rejects ends the whole: nothing more is taken, and the pool rejects when the others are done.
 */
export async function pool<Piece>(
  pieces: AsyncIterable<Piece>,
  width: number,
  work: (piece: Piece) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const piece of pieces) {
    const task: Promise<void> = work(piece)
      .catch((error) => void (failure ??= { error }))
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= width) await Promise.race(running);
    if (failure !== undefined) break;
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
