/** A program's way to its end: the first signal asks it to finish, the second to stop at once. */
export type Stopping = { drain: AbortSignal; stop: AbortSignal; restore: () => void };

/**
 * Listens to SIGINT and SIGTERM.
 *
 * @param patient whether a first SIGTERM lets running work end; SIGINT stops at once for programs that are not
 */
export function listenForStop(patient: boolean): Stopping {
  const [drain, stop] = [new AbortController(), new AbortController()];
  const onSignal = (): void => {
    if (drain.signal.aborted || !patient) stop.abort();
    drain.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    drain: drain.signal,
    stop: stop.signal,
    restore: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** Resolves when a signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
