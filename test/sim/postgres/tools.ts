import type { Process } from '../process.ts';
import type { Failing } from './faults.ts';
import type { Instance } from './instance.ts';
import type { Done } from './postmaster.ts';

/** A program that works on a data directory while no server runs on it; a clone sees to that. */
export interface Tool {
  readonly kind: Failing;
  /** The agent that started it, with which it dies: what it did to the directory stays. */
  readonly owner: Process;
  readonly ms: number;
  /** Checks, and marks the directory. A text: why it cannot be done; nothing was touched. */
  readonly begin: () => string | undefined;
  readonly finish: () => string | undefined;
}

const CHECKS = 100;

/** The one tool that may work on a data directory: pg_basebackup, pg_rewind, initdb, … */
export class Toolbox {
  readonly #instance: Instance;
  /** Of this host and its present life: a tool stands still, and dies, with them. */
  #process: Process;
  #current: Tool | undefined;

  constructor(instance: Instance, process: Process) {
    this.#instance = instance;
    this.#process = process;
  }

  get busy(): boolean {
    return this.#current?.owner.alive === true;
  }

  /** Starts a tool; the function that is returned ends it where it is. */
  run(tool: Tool, done: Done): () => void {
    const { scheduler } = this.#instance.world;
    const refusal = this.#refusal(tool) ?? tool.begin();
    if (refusal !== undefined) {
      const answer = scheduler.after(CHECKS, () => done(refusal), this.#process);
      return () => answer.cancel();
    }
    const fails = this.#instance.faults.take(tool.kind);
    this.#current = tool;
    scheduler.after(
      fails ? tool.ms / 2 : tool.ms,
      () => this.#end(tool, fails, done),
      this.#process,
    );
    return () => {
      if (this.#current === tool) this.#current = undefined;
    };
  }

  /** The host lost its power. */
  restart(process: Process): void {
    this.#process = process;
    this.#current = undefined;
  }

  #refusal({ kind }: Tool): string | undefined {
    const running = this.#instance.postmaster.process !== undefined;
    if (running && kind !== 'clone') return 'the server runs';
    return this.busy ? 'another program works on the data directory' : undefined;
  }

  #end(tool: Tool, fails: boolean, done: Done): void {
    if (this.#current !== tool || !tool.owner.alive) return;
    this.#current = undefined;
    if (fails) done(`${tool.kind} failed half-way`);
    else if (this.#instance.isDiskFull) done('no space left on device');
    else done(tool.finish());
  }
}
