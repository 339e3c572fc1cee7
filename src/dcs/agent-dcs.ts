import { DcsError } from '../model/errors.ts';
import type { DocumentName } from '../wire/keys.ts';
import type { Document, Guard } from './dcs.ts';

/** The documents of a cluster at one moment, and how old the store says it is. */
export interface Snapshot {
  readonly documents: readonly Document[];
  /** The leader document belongs to our own session. */
  readonly ownsLock: boolean;
  /** Grows with every change in the store. */
  readonly revision: number;
  /**
   * Which store it is, where it can be known (etcd's cluster id): another one after it was made
   * anew, or restored from a backup.
   */
  readonly identity?: string;
}

/** What else must hold when the lock is taken. */
export interface AcquireRequest {
  /** Seconds. */
  readonly ttl: number;
  /** Version of the sync document, or that there is none. */
  readonly sync: string | 'absent';
}

/** What is written with a renewal; a document that did not change is not sent again. */
export interface RenewRequest {
  /** Seconds. A change applies to the lock and the member document at once (P#2693). */
  readonly ttl: number;
  readonly status?: string;
  readonly failsafe?: string;
}

/** The documents whose changes an agent has to know of at once. */
export const WATCHED: ReadonlySet<DocumentName> = new Set<DocumentName>([
  'leader',
  'failover',
  'config',
  'sync',
]);

/**
 * The store as an agent needs it: one session, to which the leader lock and the member document are
 * bound. Losing a race is a value. Not knowing is a `DcsError`, after which the request may have
 * been done, or may still be done later. Every call ends within the store's time-out.
 */
export interface AgentDcs {
  /** One snapshot. It may be stale; nothing that matters is decided by it alone. */
  read(): Promise<Snapshot>;
  /**
   * Takes the lock if nobody has it and the sync document is as told, in one step. `held` is true
   * for `ttl` seconds from any time before the call.
   */
  acquire(request: AcquireRequest): Promise<'held' | 'lost'>;
  /**
   * Extends session and lock by `ttl` seconds; `lost` when the lock is not ours any more. A store
   * that was made anew, or has gone back, since the last read does not know: `anotherStore`.
   */
  renew(request: RenewRequest): Promise<'held' | 'lost'>;
  /** Gives the lock up if it is ours, and writes the last status with it. */
  release(status: string | undefined): Promise<void>;
  /**
   * Sees to it that our member document is written, bound to the session, and that the session
   * lives until well after the next tick.
   */
  publish(value: string, ttl: number): Promise<void>;
  /** Compare-and-set. `asLeader`: only while the lock is ours. `withSession`: goes away with it. */
  write(request: WriteRequest): Promise<'done' | 'conflict'>;
  /**
   * Resolves when one of the `WATCHED` documents has changed since the last read or watch, or a
   * member has come or gone: only one who watches may read.
   */
  watch(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What an agent must look at before it believes in the loss of its lock: nobody took it away. */
export function anotherStore(name: string): DcsError {
  return new DcsError(`${name} was wiped or restored since it was read`);
}

export interface WriteRequest {
  readonly name: 'initialize' | 'config' | 'sync' | 'failover' | 'history';
  /** Undefined: remove it. */
  readonly value: string | undefined;
  readonly guard: Guard;
  readonly asLeader: boolean;
  readonly withSession: boolean;
}

/**
 * Where the id of a session outlives the agent, so that the next one goes on with it, and with its
 * lock. What is kept is opaque. Calls return at once.
 */
export interface SessionMemory {
  load(): string | undefined;
  keep(id: string): void;
}

/** The kinds of calls, for those who set how long each may take. */
export type AgentCall = 'read' | 'acquire' | 'renew' | 'release' | 'publish' | 'write';
