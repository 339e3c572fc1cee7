import { DcsError } from '../model/errors.ts';
import type { Guard } from './dcs.ts';
import { EndpointFailure } from './failure.ts';

/** What is in the store under one key. */
export interface Found {
  readonly value: string;
  readonly version: string;
}

/** A guarded write of one key whose answer may get lost on the way. */
export interface GuardedWrite {
  readonly guard: Guard;
  /** The text to write; undefined: the key is to be removed. */
  readonly value: string | undefined;
  /** Sends it: true when done, false when the guard did not hold. */
  send(): Promise<boolean>;
  /** What is there now. */
  look(): Promise<Found | undefined>;
}

/**
 * Does a guarded write so that the result is certain: when the answer got lost it looks, and sends
 * the write again only while its guard still holds, because then at most one of the two can be
 * done. Rejects with a `DcsError` that says so when the result stays unknown.
 */
export async function settleWrite(write: GuardedWrite): Promise<'done' | 'conflict'> {
  let lost: unknown;
  for (let round = 1; ; round++) {
    try {
      if (await write.send()) return 'done';
      // In the second round it may be our own first write that got in between.
      if (round === 1) return 'conflict';
    } catch (error) {
      if (!(error instanceof EndpointFailure)) throw round === 1 ? error : unknownResult(lost);
      lost = error;
    }
    const found = await write.look().catch((error: unknown) => {
      throw unknownResult(lost, error);
    });
    if (isDone(write, found)) return 'done';
    if (round === 2 || !stillHolds(write.guard, found)) throw unknownResult(lost);
  }
}

function isDone({ guard, value }: GuardedWrite, found: Found | undefined): boolean {
  if (value === undefined) return found === undefined;
  const changed = typeof guard === 'string' || found?.version !== guard.version;
  return changed && found?.value === value;
}

/** True when the write can be sent again without harm. */
function stillHolds(guard: Guard, found: Found | undefined): boolean {
  if (guard === 'any') return false;
  return guard === 'absent' ? found === undefined : found?.version === guard.version;
}

/** The error for a write of which nobody knows whether it was done. */
export function unknownResult(lost: unknown, cause: unknown = lost): DcsError {
  const reason = lost instanceof Error ? lost.message : String(lost);
  return new DcsError(`etcd's answer to a write got lost (${reason}): it may have been written`, {
    hint: 'look at the cluster before you try again',
    cause,
  });
}

/** Whatever was thrown, as the one error that an agent understands: nothing is known. */
export function asDcsError(error: unknown): DcsError {
  if (error instanceof DcsError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new DcsError(`etcd could not be asked: ${text}`, { cause: error });
}
