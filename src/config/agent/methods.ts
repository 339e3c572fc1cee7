import type { ReplicaMethod } from '../../model/postgres-config.ts';
import { pythonScalar } from '../python-scalar.ts';
import { flagIn, type Section, sectionIn, textIn, textsIn, valueIn } from '../section.ts';

/** What pgherd passes itself, whatever stands in the section. */
const OWN_ARGUMENTS = ['scope', 'role', 'datadir', 'connstring'];
const SWITCHES = ['no_params', 'no_leader', 'no_master', 'keep_data'];

/**
 * The ways to make a replica, in their order (`create_replica_methods` of the `postgresql`
 * section): `basebackup` when none is named. Throws a `Refusal` that names the key that is wrong.
 */
export function replicaMethodsIn(section: Section): readonly ('basebackup' | ReplicaMethod)[] {
  const names =
    namesIn(section, 'create_replica_methods') ?? namesIn(section, 'create_replica_method');
  return (names ?? ['basebackup']).map((name) =>
    name === 'basebackup' ? name : replicaMethod(section, name),
  );
}

/** A list, or for want of one a text with commas. */
function namesIn(section: Section, key: string): readonly string[] | undefined {
  const value = valueIn(section, key);
  if (typeof value !== 'string') return textsIn(section, key);
  return value.split(',').map((name) => name.trim());
}

/** Its section may be missing: then the command is the name. */
function replicaMethod(section: Section, name: string): ReplicaMethod {
  const method = sectionIn(section, name) ?? { name, values: {} };
  const noParams = flagIn(method, 'no_params');
  // Without `no_params` Patroni passes its own switches, too: wal-e's script expects `--no_leader`.
  const withheld = noParams ? SWITCHES : OWN_ARGUMENTS;
  return {
    name,
    command: textIn(method, 'command') ?? name,
    keepData: flagIn(method, 'keep_data'),
    noParams,
    noLeader: flagIn(method, 'no_leader') || flagIn(method, 'no_master'),
    arguments: extraArguments(method, ['command', ...withheld]),
  };
}

/** The other keys of a method's section, as text in Python's spelling. */
export function extraArguments(
  method: Section,
  withheld: readonly string[],
): Readonly<Record<string, string>> {
  const entries = Object.entries(method.values).flatMap(([key, value]) => {
    const text = value === null ? 'None' : pythonScalar(value);
    return withheld.includes(key) || text === undefined ? [] : [[key, text] as const];
  });
  return Object.fromEntries(entries);
}
