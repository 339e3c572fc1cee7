import { Refusal } from '../../model/errors.ts';
import { isRecord, type Json } from '../../model/json.ts';
import type { Parameters, ParameterValue } from '../../model/postgres-config.ts';
import { printable } from '../../system/text.ts';
import { pythonScalar } from '../python-scalar.ts';
import { clusterParameter, isClusterParameter } from './cluster-parameters.ts';
import { parameterValue } from './parameters.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** The `postgresql` section that counts: the local one over the dynamic one. */
export interface MergedPostgres {
  /** All keys but `parameters`. */
  readonly values: JsonMap;
  /** Without those that must be alike on all members. */
  readonly parameters: Parameters;
  /** Those, as far as the dynamic configuration sets them to a value that is taken. */
  readonly clusterParameters: Parameters;
  /** One sentence for each value of the dynamic configuration that does not count. */
  readonly warnings: readonly string[];
}

/** What belongs to each member alone: the dynamic configuration cannot set it. */
const LOCAL_ONLY: ReadonlySet<string> = new Set([
  ...['connect_address', 'proxy_address', 'listen', 'config_dir', 'data_dir', 'pgpass'],
  'authentication',
]);

/**
 * Merges as Patroni does (config.py, `_build_effective_configuration`): a local key replaces the
 * dynamic one whole, even with `null`; `use_slots` is dynamic only; parameters are merged one by
 * one, without regard to case. Throws a `Refusal` where the dynamic section or its parameters are
 * no map: Patroni then keeps the configuration that it had before.
 */
export function mergePostgres(
  local: JsonMap,
  dynamic: Readonly<Record<string, unknown>>,
): MergedPostgres {
  const shared = mapOr(dynamic.postgresql, 'postgresql');
  const { own, forced, warnings } = sharedParameters(
    mapOr(shared.parameters, 'postgresql.parameters'),
  );
  const entries = [
    ...Object.entries(shared).filter(([name]) => !LOCAL_ONLY.has(name)),
    ...Object.entries(local).filter(([name]) => name !== 'use_slots'),
  ].filter(([name]) => name !== 'parameters');
  const locals = isRecord(local.parameters) ? (local.parameters as JsonMap) : {};
  for (const [name, value] of Object.entries(locals)) {
    if (!isClusterParameter(name)) own.set(name, parameterValue(value));
  }
  return {
    values: { use_slots: true, ...Object.fromEntries(entries) },
    parameters: own.asRecord(),
    clusterParameters: forced.asRecord(),
    warnings,
  };
}

function mapOr(value: unknown, name: string): JsonMap {
  if (value === undefined || value === null || value === '') return {};
  if (isRecord(value)) return value as JsonMap;
  throw new Refusal('bad-config', `${name} in the dynamic configuration must be a map`);
}

function sharedParameters(parameters: JsonMap) {
  const [own, forced] = [new CaselessMap(), new CaselessMap()];
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const known = isClusterParameter(name);
    const taken = known ? clusterParameter(name, value) : parameterValue(value);
    if (taken !== undefined) (known ? forced : own).set(name, taken);
    else if (known || value !== null) {
      const shown = `${printable(name)}=${printable(pythonScalar(value) ?? 'a list or a map')}`;
      warnings.push(
        known
          ? `postgresql parameter ${shown} failed validation, defaulting to what it is without`
          : `postgresql parameter ${shown} is ignored: it must be one value`,
      );
    }
  }
  return { own, forced, warnings };
}

/** Names differ by more than case; the last spelling is kept, in the place of the first. */
class CaselessMap {
  readonly #entries = new Map<string, readonly [string, ParameterValue | undefined]>();

  /** `undefined`: as if it had never been set. */
  set(name: string, value: ParameterValue | undefined): void {
    this.#entries.set(name.toLowerCase(), [name, value]);
  }

  asRecord(): Parameters {
    const set = [...this.#entries.values()].flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return Object.fromEntries(set);
  }
}
