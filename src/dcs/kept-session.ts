/**
 * Where the session of an agent outlives it, as one process sees the place. Who goes on with it and
 * who gives its lock away must never be two: each moves it to a name of its own first, and whoever
 * finds none has none. What is done is written as generators, so that a test can let others come
 * in, or the process die, at every `yield` (docs/adr/0008-the-guard.md).
 */
export interface SessionPlace {
  /** What lies there for anybody to take; undefined: nothing. */
  kept(): KeptSession | undefined;
  /** Moves it to a name of this process's own; false: there is none. One moment for all others. */
  take(): boolean;
  /** What this process has taken. */
  taken(): KeptSession | undefined;
  /** Puts a session of this process there, in the place of any other. One moment for all others. */
  keep(id: string): void;
  /** Puts back what was taken, unless there is another by now. One moment for all others. */
  giveBack(): void;
  /** Forgets what was taken. */
  discard(): void;
}

/** A session, and the process that wrote it down last. */
export interface KeptSession {
  /** Opaque here. */
  readonly id: string;
  /** `unknown`: it cannot be seen from here, or no owner was written down. */
  readonly owner: 'self' | 'alive' | 'dead' | 'unknown';
}

/** Something done in steps, between which others may do theirs. */
export type Steps<T> = Generator<undefined, T, undefined>;

/**
 * What an agent does before it goes on with the session of the one before it: the id, or undefined
 * when there is none, or when its owner still lives.
 */
export function* claimSession(place: SessionPlace): Steps<string | undefined> {
  if (!place.take()) return undefined;
  yield;
  const found = place.taken();
  yield;
  if (found === undefined) {
    place.discard();
    return undefined;
  }
  if (found.owner === 'alive') {
    place.giveBack();
    return undefined;
  }
  place.keep(found.id);
  yield;
  place.discard();
  return found.id;
}

/**
 * What is done before the lock of this session may be given away. True: from now on nobody goes by
 * it, or ever will. False: an agent has it, or may have it.
 */
export function* claimForRelease(place: SessionPlace, id: string): Steps<boolean> {
  if (!place.take()) return false;
  yield;
  const found = place.taken();
  yield;
  if (found?.id === id && found.owner === 'dead') return true;
  place.giveBack();
  return false;
}

/** Does all steps, one after the other. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
