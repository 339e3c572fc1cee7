import type { CallbackName, PostgresConfig } from '../../../model/postgres-config.ts';
import { runHook } from './run-hook.ts';

/** What a node is, in the word that callbacks get for it (Patroni's PostgresqlRole). */
export type CallbackRole = 'primary' | 'replica' | 'standby_leader' | 'demoted';

export interface CallbacksContext {
  readonly config: () => Pick<PostgresConfig, 'callbacks' | 'scope'>;
  readonly log: (line: string) => void;
}

/**
 * The programs that the configuration wants to be called when something has happened: `COMMAND
 * event role scope`. They run one after the other in the order of the events, each to its end:
 * moving an address half-way is worse than moving it late. (Patroni kills the one that runs.)
 */
export class Callbacks {
  readonly #context: CallbacksContext;
  #queue: Promise<void> = Promise.resolve();
  #role: CallbackRole | undefined;

  constructor(context: CallbacksContext) {
    this.#context = context;
  }

  /** The role that was told last; undefined: nothing has been told yet. */
  get role(): CallbackRole | undefined {
    return this.#role;
  }

  /** Calls the program of this event, if there is one, after those before. Returns at once. */
  call(name: CallbackName, role: CallbackRole): void {
    // What was true when the configuration was read again says nothing new of the role.
    if (name !== 'on_reload') this.#role = role;
    const { callbacks, scope } = this.#context.config();
    const command = callbacks[name];
    if (command === undefined) return;
    const { log } = this.#context;
    const what = `callback ${name} ${role}`;
    const run = async (): Promise<void> => {
      await runHook({ what, command, args: [name, role, scope], log });
    };
    this.#queue = this.#queue.then(run);
  }

  /** Resolves when all programs that were called have ended. */
  async idle(): Promise<void> {
    await this.#queue;
  }
}
