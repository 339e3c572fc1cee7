import type { AgentSettings } from '../config/agent-settings.ts';
import { effectivePostgres } from '../config/agent/effective-postgres.ts';
import { nodeOf } from '../config/agent/node.ts';
import type { Node } from '../model/node.ts';
import type { PostgresConfig } from '../model/postgres-config.ts';

type Dynamic = Readonly<Record<string, unknown>>;

/**
 * The configuration of this node as it is in effect: the local one, which may be read again, under
 * and over the dynamic one, which comes from the store.
 */
export class LocalConfiguration {
  #settings: AgentSettings;
  #dynamic: Dynamic = {};
  #postgres: PostgresConfig;
  #node: Node;

  constructor(settings: AgentSettings) {
    this.#settings = settings;
    this.#postgres = effectivePostgres(settings, {});
    this.#node = nodeOf(settings, {});
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
