import { effectivePostgres } from '../config/agent/effective-postgres.ts';
import { nodeOf } from '../config/agent/node.ts';
import type { AgentSettings } from '../config/agent-settings.ts';
import { Refusal } from '../model/errors.ts';
import type { Node } from '../model/node.ts';
import type { PostgresConfig } from '../model/postgres-config.ts';

type Dynamic = Readonly<Record<string, unknown>>;

/**
 * The configuration of this node as it is in effect: the local one, which may be read again, under
 * and over the dynamic one, which comes from the store.
 */
export class LocalConfiguration {
  #settings: AgentSettings;
  #dynamic: Dynamic;
  #postgres: PostgresConfig;
  #node: Node;

  /**
   * `dynamic`: what the agent before this one knew of it. Without that the node can only be about
   * to make a cluster, or to copy one: the first dynamic configuration is as good as any.
   */
  constructor(settings: AgentSettings, dynamic: Dynamic = settings.bootstrap.dcs) {
    this.#settings = settings;
    this.#dynamic = {};
    this.#postgres = effectivePostgres(settings, {});
    this.#node = nodeOf(settings, {});
    try {
      this.adoptDynamic(dynamic);
    } catch (error) {
      // Whoever wrote it is told by the next tick, which tries it again.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  get settings(): AgentSettings {
    return this.#settings;
  }

  get postgres(): PostgresConfig {
    return this.#postgres;
  }

  get node(): Node {
    return this.#node;
  }

  /** Takes over the dynamic configuration. Throws a `Refusal` and changes nothing if it cannot. */
  adoptDynamic(dynamic: Dynamic): void {
    this.#take(this.#settings, dynamic);
  }

  /** Takes over what was read again; the same. */
  adoptLocal(settings: AgentSettings): void {
    this.#take(settings, this.#dynamic);
  }

  #take(settings: AgentSettings, dynamic: Dynamic): void {
    const postgres = effectivePostgres(settings, dynamic);
    const node = nodeOf(settings, dynamic);
    this.#settings = settings;
    this.#dynamic = dynamic;
    this.#postgres = postgres;
    this.#node = node;
  }
}
