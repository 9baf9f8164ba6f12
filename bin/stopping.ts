/** A program's way to its end: to finish what it does and take nothing new, or to stop at once. */
export type Stopping = { drain: AbortSignal; stop: AbortSignal; restore: () => void };

/**
 * Listens to SIGINT and SIGTERM, which stop at once: whoever presses Ctrl-C wants the machine back.
 *
 * @param canFinish whether SIGUSR2 asks to finish first, where the system has that signal
 */
export function listenForStop(canFinish: boolean): Stopping {
  const [drain, stop] = [new AbortController(), new AbortController()];
  const onSignal = (): void => {
    stop.abort();
    drain.abort();
  };
  const onFinish = (): void => drain.abort();
  if (canFinish && process.platform !== 'win32') process.on('SIGUSR2', onFinish);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    drain: drain.signal,
    stop: stop.signal,
    restore: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGUSR2', onFinish);
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
