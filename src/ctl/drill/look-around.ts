import type { ClusterView } from '../../model/cluster.ts';
import type { DrillCheck } from '../../model/drill.ts';
import { SqlError } from '../../postgres/sql.ts';
import { type Credentials, sqlTarget } from '../inspect/sql-target.ts';
import type { Session } from '../session.ts';
import { askForReports } from '../takeover/reports.ts';
import { type DatabaseView, lookAtDatabase, tryAccess } from './database.ts';
import { accessChecks, databaseChecks } from './database-checks.ts';
import type { DrillOptions } from './options.ts';
import { clusterChecks, refused, type Sight } from './preflight.ts';
import { chooseSchema } from './probe-schema.ts';
import type { ProbeTarget } from './probe-session.ts';
import { applicationName } from './probe-table.ts';

/** What is known before a drill. */
export interface Situation extends Sight {
  readonly checks: readonly DrillCheck[];
  /** Empty without a probe. */
  readonly targets: readonly ProbeTarget[];
  readonly database: DatabaseView | undefined;
  /** Where the probe's table goes. */
  readonly schema: string | undefined;
}

/** What each member says of itself now. */
export async function lookAt(session: Session, view: ClusterView): Promise<Sight> {
  const reports = await askForReports(session, view.members);
  return { view, reports, nowMs: session.clock.now().getTime() };
}

/** Looks at the cluster, and at its database where the probe needs it. Changes nothing. */
export async function lookAround(
  session: Session,
  view: ClusterView,
  drill: {
    readonly options: DrillOptions;
    readonly credentials: Credentials;
    readonly token: string;
  },
): Promise<Situation> {
  const { options, credentials, token } = drill;
  const sight = await lookAt(session, view);
  const checks = clusterChecks(sight, options);
  const nothing = { targets: [], database: undefined, schema: undefined };
  if (options.probe === 'none') return { ...sight, checks, ...nothing };
  const targets = view.members.map((member): ProbeTarget => {
    const sql = sqlTarget(member, credentials);
    return { member: member.name, sql: { ...sql, applicationName: applicationName(token) } };
  });
  checks.push(...accessChecks(await tryAccess(session, targets), view.leader));
  const leader = targets.find(({ member }) => member === view.leader);
  const database = leader && (await lookAtDatabase(session, leader));
  if (!database || database instanceof SqlError) {
    const why = database ? `: ${database.message}` : '';
    checks.push(refused('database', `the leader's database cannot be looked at${why}`));
    return { ...sight, checks, ...nothing };
  }
  checks.push(...databaseChecks(database, options));
  const choice = chooseSchema(database, options.schema);
  return { ...sight, checks, targets, database, schema: choice.ok ? choice.schema : undefined };
}
