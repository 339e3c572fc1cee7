import { type Finding, findings } from '../../ha/health.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { isEmptyCluster } from '../../model/cluster.ts';
import { printable } from '../../system/text.ts';
import { askMember } from '../ask-member.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import type { Session } from '../session.ts';

export interface HealthOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
}

/** Time for a member's REST API to answer, in milliseconds. */
const ASK_TIMEOUT_MS = 2000;

/** Says whether a cluster is healthy, and all that it found: exit code 0 or 4. */
export async function health(session: Session, options: HealthOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const view = await readCluster(session, scope, options.group);
  const views = [view, ...view.workers.values()].filter((one) => !isEmptyCluster(one));
  const found = (
    await Promise.all(views.map(async (one) => findings(one, await askMembers(session, one))))
  ).flat();
  const healthy = !found.some(({ severity }) => severity === 'error');
  session.io.out(`${printable(scope)}: ${healthy ? 'healthy' : 'not healthy'}`);
  for (const finding of found) session.io.out(sentence(finding));
  const data = { cluster: scope, healthy, findings: found };
  return healthy ? done(data) : { outcome: 'unhealthy', data };
}

function sentence({ severity, member, message }: Finding): string {
  const about = member === null ? 'the cluster' : `member ${printable(member)}`;
  return `  ${severity}: ${about}: ${printable(message)}`;
}

/** Asks every member's REST API at once; the value is why it did not answer. */
async function askMembers(
  session: Session,
  view: ClusterView,
): Promise<Map<string, string | undefined>> {
  const request = { method: 'GET', path: 'patroni', timeoutMs: ASK_TIMEOUT_MS } as const;
  const answers = view.members.map(async (member): Promise<[string, string | undefined]> => {
    const answer = await askMember(session, member, request);
    return [member.name, answer.kind === 'silence' ? answer.message : undefined];
  });
  return new Map(await Promise.all(answers));
}
