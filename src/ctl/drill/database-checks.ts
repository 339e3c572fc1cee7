import type { DrillCheck } from '../../model/drill.ts';
import type { Access, DatabaseView } from './database.ts';
import type { DrillOptions } from './options.ts';
import { ok, refused, warning } from './preflight.ts';
import { chooseSchema } from './probe-schema.ts';

/** Whether the probe can reach every member: a primary that it cannot reach would be an outage. */
export function accessChecks(
  access: ReadonlyMap<string, Access>,
  leader: string | undefined,
): DrillCheck[] {
  const checks = [...access].flatMap(([member, found]) => {
    if (!found.ok) return [refused('access', `no connection to ${member}: ${found.failure}`)];
    if (member === leader && found.inRecovery) {
      return [refused('access', `${member} leads, but its PostgreSQL is a standby`)];
    }
    return [];
  });
  return checks.length > 0 ? checks : [ok('access', 'PostgreSQL answers on every member')];
}

/** What the leader's database says; a table only where the probe is to write. */
export function databaseChecks(
  view: DatabaseView,
  { probe, schema }: Pick<DrillOptions, 'probe' | 'schema'>,
): DrillCheck[] {
  return [
    ...(probe === 'write' ? [tableCheck(view, schema)] : []),
    ...view.leftovers.map((name) =>
      warning('leftover', `an earlier drill left a table behind: DROP TABLE ${name}`),
    ),
    view.archiverFails
      ? warning('archive', 'the last attempt to archive WAL failed: stopping may take longer')
      : ok('archive', 'no attempt to archive WAL has failed last'),
  ];
}

function tableCheck(view: DatabaseView, wanted: string | undefined): DrillCheck {
  const choice = chooseSchema(view, wanted);
  if (!choice.ok) return refused('table', choice.why);
  const where = `in schema ${choice.schema} of database ${view.database}`;
  return ok('table', `${view.user} may make a table ${where}`);
}
