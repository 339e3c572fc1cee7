import type { AgentDcs } from '../../../src/dcs/agent-dcs.ts';
import type { DocumentName } from '../../../src/wire/keys.ts';

/** Where an agent's session is kept: two agents in a row, or two that are mixed up, share one. */
export interface Disk {
  session?: string;
}

/**
 * A store with one cluster in it, empty at first: the simulation's, or a real one. Calls of agents
 * settle by themselves; what only time brings is waited for with `pass` and `within`.
 */
export interface Room {
  /** An agent. `disk`: what another one left. */
  connect(name: string, disk?: Disk): Promise<AgentDcs>;
  /** What is written there, by somebody who is at the store itself. */
  get(name: DocumentName): Promise<{ value: string; version: string } | undefined>;
  put(name: DocumentName, value: string | undefined): Promise<void>;
  /** Lets so many milliseconds pass. */
  pass(ms: number): Promise<void>;
  /** How the promise has ended after so much time at the most: its value or error. */
  within(ms: number, promise: Promise<unknown>): Promise<unknown>;
  close(): Promise<void>;
}

/** Says that a promise has not ended. */
export const NOTHING_YET = 'nothing yet';
