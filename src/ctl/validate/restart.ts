import { isRecord, type Json } from '../../model/json.ts';
import { quantityOf, scalarText } from '../../model/parameter-values.ts';
import { compactJson } from '../../wire/json-text.ts';
import { findParameter } from './parameters.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** A parameter that changes only with a restart. `null`: not in the configuration. */
export interface RestartChange {
  readonly parameter: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Set by Patroni itself: a change here changes nothing. */
const NOT_OURS = new Set(['listen_addresses', 'port', 'cluster_name', 'hot_standby']);

/**
 * Parameters whose value on a standby must not be less than on the primary (manual, "Hot Standby"),
 * with the value that Patroni uses when there is none.
 */
const NOT_LESS_ON_STANDBY: Readonly<Record<string, number>> = {
  max_connections: 100,
  max_prepared_transactions: 0,
  max_locks_per_transaction: 64,
  max_wal_senders: 10,
  max_worker_processes: 8,
};

/**
 * The parameters in which two configurations differ and that PostgreSQL reads only when it starts,
 * by name. Whether a removed one differs from the built-in value is not looked at.
 */
export function restartChanges(before: JsonMap, after: JsonMap): RestartChange[] {
  const [old, now] = [parametersOf(before), parametersOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const parameter = findParameter(name);
    if (parameter?.context !== 'postmaster' || NOT_OURS.has(name)) return [];
    const [from, to] = [old.get(name) ?? null, now.get(name) ?? null];
    if (sameValue(from, to, parameter.unit)) return [];
    return [{ parameter: parameter.name, from: textOf(from), to: textOf(to) }];
  });
}

/**
 * In which order to restart, where it matters: standbys first to raise one of the values that a
 * standby must have at least as large as the primary, the leader first to lower it.
 */
export function restartOrder(changes: readonly RestartChange[]): string | undefined {
  const steps = changes.flatMap(({ parameter, from, to }) => {
    const initial = NOT_LESS_ON_STANDBY[parameter];
    return initial === undefined ? [] : [Number(to ?? initial) - Number(from ?? initial)];
  });
  const raised = steps.some((step) => step > 0);
  const lowered = steps.some((step) => step < 0);
  if (raised && !lowered) return 'restart the standbys first, then the leader';
  if (lowered && !raised) return 'restart the leader first, then the standbys';
  return undefined;
}

function parametersOf(config: JsonMap): Map<string, Json> {
  const section = config.postgresql;
  const parameters = isRecord(section) ? section.parameters : undefined;
  if (!isRecord(parameters)) return new Map();
  const entries = Object.entries(parameters as JsonMap);
  return new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function sameValue(one: Json, other: Json, unit: string | undefined): boolean {
  if (one === null || other === null) return one === other;
  const [first, second] = [quantityOf(one, unit), quantityOf(other, unit)];
  if (first !== undefined && first === second) return true;
  return textOf(one) === textOf(other);
}

function textOf(value: Json): string | null {
  return value === null ? null : (scalarText(value) ?? compactJson(value));
}
