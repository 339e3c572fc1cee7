import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** A server as a client sees it. */
export interface Writable {
  readonly name: string;
  acceptsWrites(): boolean;
  write(commit: number): void;
}

interface WorkloadParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly servers: readonly Writable[];
  readonly clients: number;
}

/** Milliseconds between two commits of a client while there are faults. */
const PAUSE = [1000, 4000] as const;
/** The same once the faults are over: enough to see that clients can write. */
const PAUSE_IN_PEACE = [5000, 10_000] as const;

/**
 * Clients, who write numbered commits to any server that lets them. They reach every server that
 * runs: what the network of the members does is no business of theirs, which makes two primaries
 * as dangerous as can be. The first client keeps its session for as long as its server takes its
 * writes; the others look for a server each time.
 */
export class Workload {
  readonly #parts: WorkloadParts;
  #commits = 0;
  #pause: readonly [least: number, most: number] = PAUSE;
  #pinned: Writable | undefined;

  constructor(parts: WorkloadParts) {
    this.#parts = parts;
    for (let client = 0; client < parts.clients; client += 1) this.#plan(client);
  }

  /** Commits are numbered from 1; so many were sent. */
  get commits(): number {
    return this.#commits;
  }

  /** Clients have less to do from now on. */
  slowDown(): void {
    this.#pause = PAUSE_IN_PEACE;
  }

  #plan(client: number): void {
    const { scheduler, random } = this.#parts;
    const [least, most] = this.#pause;
    scheduler.after(random.int(least, most), () => {
      this.#write(client);
      this.#plan(client);
    });
  }

  #write(client: number): void {
    const server = client === 0 ? this.#session() : this.#anyServer();
    if (server === undefined) return;
    this.#commits += 1;
    server.write(this.#commits);
  }

  #session(): Writable | undefined {
    if (!this.#pinned?.acceptsWrites()) this.#pinned = this.#anyServer();
    return this.#pinned;
  }

  #anyServer(): Writable | undefined {
    const { random, servers } = this.#parts;
    const open = servers.filter((server) => server.acceptsWrites());
    return open.length === 0 ? undefined : random.pick(open);
  }
}
