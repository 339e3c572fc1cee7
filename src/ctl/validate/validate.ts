import { isRecord, type Json } from '../../model/json.ts';
import type { Finding } from './finding.ts';
import { checkHba, type HbaWorld } from './hba.ts';
import { checkKeys } from './keys.ts';
import { checkParameters } from './parameters.ts';
import { checkTiming } from './timing.ts';

type JsonMap = Readonly<Record<string, Json>>;

const PARAMETER_LISTS = ['', '_primary', '_replica', '_standby_leader'];

/**
 * What is wrong with `after`, a dynamic configuration that is to replace `before`. A mistake that
 * was there before does not stop an edit that has nothing to do with it: it becomes a warning, and
 * old warnings are not said again.
 */
export async function validateConfig(
  before: JsonMap,
  after: JsonMap,
  world: HbaWorld,
): Promise<Finding[]> {
  const old = new Set((await checkConfig(before, world)).map(identity));
  return (await checkConfig(after, world)).flatMap((finding): Finding[] => {
    if (!old.has(identity(finding))) return [finding];
    if (finding.severity !== 'error') return [];
    return [{ ...finding, severity: 'warning', message: `${finding.message} (as before)` }];
  });
}

/** Everything that is wrong with one configuration, in the order of the checks. */
export async function checkConfig(config: JsonMap, world: HbaWorld): Promise<Finding[]> {
  const keys = await checkKeys(config, { postgresql: world.local });
  const postgresql = isRecord(config.postgresql) ? (config.postgresql as JsonMap) : {};
  const parameters = PARAMETER_LISTS.flatMap((role) => {
    const list = postgresql[`parameters${role}`];
    return isRecord(list) ? checkParameters(`postgresql.parameters${role}`, list as JsonMap) : [];
  });
  return [...keys, ...checkTiming(config), ...parameters, ...checkHba(config, world)];
}

function identity({ severity, path, message }: Finding): string {
  return `${severity} ${path} ${message}`;
}
