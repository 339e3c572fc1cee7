import { type ClusterView, leaderMember } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { isRecord } from '../../model/json.ts';
import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { askMember } from '../ask-member.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, failed, type Result, unknown } from '../result.ts';
import type { Session } from '../session.ts';
import { renderMembers } from '../show-members.ts';
import { readAgain } from '../wait.ts';
import { followRole, type RoleStand, type RoleTarget } from './cluster-role-wait.ts';
import { hintFor, type MemberOutcome } from './member-outcome.ts';

/** What a standby cluster replicates from (Patroni's `standby_cluster` section). */
interface StandbySource {
  readonly host?: string;
  readonly port?: number;
  readonly primary_slot_name?: string;
  readonly restore_command?: string;
}

export interface ClusterRoleOptions {
  readonly cluster: string | undefined;
  /** What to replicate from: demotes. Without it, promotes. */
  readonly source: StandbySource | undefined;
  readonly force: boolean;
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number | undefined;
}

/** The `data` of `--json`. */
interface RoleData extends RoleStand {
  readonly cluster: string;
  readonly target: RoleTarget;
  readonly waited: boolean;
  /** The leader that was asked to write it. */
  readonly members: readonly MemberOutcome[];
}

const DEFAULT_TIMEOUT = 300;

/**
 * Makes a standby cluster of a cluster (with a source), or a cluster of its own of a standby
 * cluster, and follows that to its end.
 */
export async function changeClusterRole(
  session: Session,
  options: ClusterRoleOptions,
): Promise<Result> {
  const demote = options.source !== undefined;
  const verb = demote ? 'demot' : 'promot';
  const target: RoleTarget = demote ? 'standby_leader' : 'primary';
  const source = options.source && checkSource(options.source);
  const scope = requireScope(session, options.cluster);
  const view = await readCluster(session, scope, undefined);
  const leader = leaderMember(view);
  if (!leader) {
    throw new Refusal('no-leader', `Cluster has no leader, ${verb}ion is not possible`);
  }
  if (leader.role === target || (leader.role === 'master' && !demote)) {
    throw new Refusal('nothing-to-do', 'Cluster is already in the required state');
  }
  session.io.out('Current cluster topology');
  showMembers(session, view);
  if (!options.force) {
    const message = `Are you sure you want to ${verb}e ${printable(scope)} cluster?`;
    const yes = await session.prompt.confirm({ message, flag: '--force' });
    if (!yes) throw new Refusal('aborted', `Aborted cluster ${verb}ion`);
  }
  const asked = await patch(session, view, { leader, source });
  const data: RoleData = {
    cluster: scope,
    target,
    waited: options.wait,
    members: [asked],
    leader: leader.name,
    leaderRole: leader.role,
    leaderState: leader.state,
  };
  if (asked.outcome !== 'done') return notTaken(data, `${verb}e`);
  if (!options.wait) {
    session.io.out(`The request to ${verb}e cluster ${printable(scope)} was taken`);
    return done(data);
  }
  const timeoutMs = (options.timeout ?? DEFAULT_TIMEOUT) * 1000;
  const followed = await followRole(session, { scope, target, oldLeader: leader.name, timeoutMs });
  if (followed.view) showMembers(session, followed.view);
  if (followed.reached) return done({ ...data, ...followed.stand });
  const message =
    `The request was taken, but the cluster is not ${verb}ed after ${timeoutMs / 1000} seconds: ` +
    followed.words;
  const hint = `it may still come: pgherd list ${printable(scope)} shows where it stands`;
  return unknown({ ...data, ...followed.stand }, { code: `${verb}e-unknown`, message, hint });
}

function checkSource(source: StandbySource): StandbySource {
  if (source.host || source.port || source.restore_command) return source;
  throw new Refusal(
    'no-source',
    'At least --host, --port or --restore-command should be specified',
  );
}

/** Writes the section over the leader's REST API; looks into the DCS when no answer came. */
async function patch(
  session: Session,
  view: ClusterView,
  { leader, source }: { leader: Member; source: StandbySource | undefined },
): Promise<MemberOutcome> {
  const body = { standby_cluster: source ?? null };
  const answer = await askMember(session, leader, { method: 'PATCH', path: 'config', body });
  const member = leader.name;
  if (answer.kind === 'reply') {
    const outcome = answer.status === 200 ? 'done' : 'failed';
    const message = answer.status === 200 ? 'accepted' : answer.body;
    return { member, outcome, status: answer.status, message };
  }
  const { taken, message } = answer;
  if (taken === 'no') return { member, outcome: 'failed', status: null, message };
  const now = await readAgain(session, view.scope, undefined);
  const section: unknown = now?.config?.data.standby_cluster;
  const written = now?.config !== undefined && isRecord(section) === (source !== undefined);
  return { member, outcome: written ? 'done' : 'unknown', status: null, message };
}

function notTaken(data: RoleData, verb: string): Result<RoleData> {
  const [asked] = data.members;
  const text = `Failed to ${verb} ${printable(data.cluster)} cluster`;
  const message = printable(asked?.message ?? '');
  if (asked?.outcome === 'unknown') {
    const hint = `pgherd show-config ${printable(data.cluster)} shows whether it is written later`;
    return unknown(data, {
      code: `${verb}-unknown`,
      message: `No answer came to the request to ${verb}, and it is not written yet: ${message}`,
      hint,
    });
  }
  const hint = asked && hintFor([asked]);
  const status = asked?.status ?? null;
  return failed(data, {
    code: `${verb}-failed`,
    message:
      status === null
        ? `${text}: ${message}`
        : `${text}: /config PATCH status code=${status}, (${message})`,
    ...(hint === undefined ? {} : { hint }),
  });
}

function showMembers(session: Session, view: ClusterView): void {
  const citus = session.settings.citus !== undefined;
  session.io.out(renderMembers(view, { format: 'pretty', extended: false, citus }));
}
