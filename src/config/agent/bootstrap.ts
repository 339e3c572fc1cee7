import { isRecord, type Json } from '../../model/json.ts';
import type { BootstrapConfig, BootstrapMethod } from '../../model/postgres-config.ts';
import { printable } from '../../system/text.ts';
import { strictInteger } from '../../wire/numbers.ts';
import {
  flagIn,
  hasKey,
  type Section,
  sectionIn,
  textIn,
  textsIn,
  wrongValue,
} from '../section.ts';
import { extraArguments } from './methods.ts';
import { parametersIn } from './parameters.ts';
import { isAmong, toolOptionsIn } from './tool-options.ts';

/** What pgherd gives to initdb itself. */
const NOT_FOR_INITDB = ['pgdata', 'nosync', 'pwfile', 'sync-only', 'version'];

/** The dynamic configuration of a new cluster, when the file says nothing (Patroni's defaults). */
const DEFAULT_DCS: Readonly<Record<string, Json>> = {
  ttl: 30,
  loop_wait: 10,
  retry_timeout: 10,
  maximum_lag_on_failover: 1_048_576,
};

/**
 * Reads `bootstrap`. Where Patroni has no such section, it waits for another node to make the
 * cluster; here it is made with defaults. Throws a `Refusal` that names the key that is wrong.
 */
export function readBootstrap(config: Section, warnings: string[]): BootstrapConfig {
  const section = sectionIn(config, 'bootstrap') ?? { name: 'bootstrap', values: {} };
  if (hasKey(section, 'users')) {
    warnings.push(
      'bootstrap.users has no effect, as in Patroni since 4.0: create users in a script that ' +
        'bootstrap.post_bootstrap names',
    );
  }
  const dcs = sectionIn(section, 'dcs');
  return {
    dcs: dcs ? withFittingTimes(dcs, warnings) : DEFAULT_DCS,
    initdbOptions: initdbOptions(section),
    pgHba: textsIn(section, 'pg_hba'),
    postBootstrap: textIn(section, 'post_bootstrap') ?? textIn(section, 'post_init'),
    method: readMethod(section),
  };
}

function initdbOptions(section: Section): BootstrapConfig['initdbOptions'] {
  const options = toolOptionsIn(section, 'initdb');
  const own = options.find(isAmong(NOT_FOR_INITDB));
  if (own) throw wrongValue(section, 'initdb', `must not have the option ${printable(own.name)}`);
  return options;
}

/** A method counts when it has a section with a command; otherwise it is initdb, as in Patroni. */
function readMethod(section: Section): BootstrapMethod | undefined {
  const name = textIn(section, 'method') ?? 'initdb';
  if (name === 'initdb' || !isRecord(section.values[name])) return undefined;
  const method = sectionIn(section, name);
  const command = method && textIn(method, 'command');
  if (!method || command === undefined) return undefined;
  return {
    name,
    command,
    keepExistingRecoveryConf: flagIn(method, 'keep_existing_recovery_conf'),
    noParams: flagIn(method, 'no_params'),
    recoveryConf: parametersIn(method, 'recovery_conf'),
    arguments: extraArguments(method, METHOD_KEYS),
  };
}

const METHOD_KEYS = [
  ...['command', 'no_params', 'keep_existing_recovery_conf', 'recovery_conf'],
  ...['scope', 'datadir'],
];

/** The least that Patroni takes (config.py, `_validate_and_adjust_timeouts`), in seconds. */
const LEAST: Readonly<Record<string, number>> = { ttl: 20, loop_wait: 1, retry_timeout: 3 };

/**
 * Patroni writes into the store what it corrected: `loop_wait + 2 * retry_timeout <= ttl` must
 * hold, and each has its least value.
 */
function withFittingTimes(dcs: Section, warnings: string[]): Readonly<Record<string, Json>> {
  const changed: Record<string, number> = {};
  const change = (key: string, to: number, why: string): void => {
    const from = changed[key] ?? dcs.values[key] ?? DEFAULT_DCS[key];
    warnings.push(`bootstrap.dcs.${key} ${from} becomes ${to}: ${why}`);
    changed[key] = to;
  };
  for (const [key, least] of Object.entries(LEAST)) {
    const value = secondsIn(dcs, key);
    if (value < least) change(key, least, 'less is not allowed');
  }
  const now = (key: string): number => changed[key] ?? secondsIn(dcs, key);
  const [ttl, retry] = [now('ttl'), now('retry_timeout')];
  const rule = 'loop_wait + 2 * retry_timeout must not be more than ttl';
  if (1 + 2 * retry > ttl) {
    change('loop_wait', 1, rule);
    change('retry_timeout', Math.floor((ttl - 1) / 2), rule);
  } else if (now('loop_wait') + 2 * retry > ttl) {
    change('loop_wait', ttl - 2 * retry, rule);
  }
  return { ...dcs.values, ...changed };
}

function secondsIn(dcs: Section, key: string): number {
  const value = strictInteger(dcs.values[key] ?? DEFAULT_DCS[key]);
  if (value === undefined) throw wrongValue(dcs, key, 'must be a number of seconds');
  return value;
}
