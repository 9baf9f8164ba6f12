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
      for (const listener of listeners) listener(topics);
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
