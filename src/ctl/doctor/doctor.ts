import { readCluster, requireGroup, requireScope } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';
import { diagnose } from './checks.ts';
import type { Finding } from './finding.ts';
import { findingsText } from './findings-text.ts';
import { gather } from './gather.ts';
import { type DoctorWorld, network } from './world.ts';

export interface DoctorOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  /** Warnings count as well. */
  readonly strict: boolean;
}

/**
 * Examines a cluster from outside and says what is wrong with it, how that shows, and what to do.
 * `unhealthy` when there is an error; under `strict` also with warnings. Changes nothing.
 */
export async function doctor(
  session: Session,
  options: DoctorOptions,
  world: DoctorWorld = network,
): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  requireGroup(view, group);
  const findings = diagnose(await gather(session, view, world));
  session.io.out(findingsText(scope, findings, session.io.color));
  const well = !findings.some(
    ({ severity }) => severity === 'error' || (options.strict && severity === 'warning'),
  );
  const data = {
    cluster: scope,
    group: group ?? null,
    strict: options.strict,
    well,
    findings: findings.map(findingData),
  };
  return well ? done(data) : { outcome: 'unhealthy', data };
}

/** The same keys in the same order, whichever check made it. */
function findingData({ id, severity, member, title, evidence, remedy }: Finding): Finding {
  return { id, severity, member, title, evidence, remedy };
}
