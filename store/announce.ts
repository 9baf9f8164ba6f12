/** Spreads the topics of commits to whoever listens in this process. */
export type Announcer = {
  announce(topics: ReadonlySet<string>): void;
  watch(listener: (topics: ReadonlySet<string>) => void): () => void;
};

/** A new announcer without listeners. */
export function createAnnouncer(): Announcer {
  const listeners = new Set<(topics: ReadonlySet<string>) => void>();
  return {
    announce(topics) {
      if (topics.size === 0) return;
      for (const listener of listeners) {
        try {
          listener(topics);
        } catch (error) {
          // The commit has happened and its callers are answered all the same; the bug surfaces on its own.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
