import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { askMember } from '../ask-member.ts';
import { progressLine } from '../progress-line.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, failed, type Result, unknown } from '../result.ts';
import { membersLeaderFirst } from '../select-members.ts';
import type { Session } from '../session.ts';
import { interruptible, readAgain, waitUntil } from '../wait.ts';
import { hintFor, type MemberOutcome } from './member-outcome.ts';

export interface PauseOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  /** True for `pause`, false for `resume`. */
  readonly paused: boolean;
  readonly wait: boolean;
  /** Seconds; by default as long as a member that died takes to leave the DCS. */
  readonly timeout: number | undefined;
}

/** The `data` of `--json`. */
interface PauseData {
  readonly cluster: string;
  /** As the cluster's configuration has it now; null when that is not known. */
  readonly paused: boolean | null;
  /** The members that were asked to write it, in that order. */
  readonly members: readonly MemberOutcome[];
  /** Members that have not said yet that they know it; null when nobody waited for them. */
  readonly notAcknowledged: readonly string[] | null;
}

/**
 * Switches the cluster's maintenance mode on or off. With `wait`, until every member that has a
 * REST API knows it.
 */
export async function setPause(session: Session, options: PauseOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const group = options.group ?? session.settings.citus?.group;
  const view = await readCluster(session, scope, group);
  if ((view.config?.settings.pause ?? false) === options.paused) {
    const word = options.paused ? 'already' : 'not';
    throw new Refusal('nothing-to-do', `Cluster is ${word} paused`);
  }
  const { taken, members } = await request(session, view, { group, paused: options.paused });
  const data: PauseData = {
    cluster: scope,
    paused: taken === 'unknown' ? null : taken === 'yes' ? options.paused : !options.paused,
    members,
    notAcknowledged: null,
  };
  if (taken !== 'yes') return notTaken(data, options.paused, taken);
  const success = `Success: cluster management is ${options.paused ? 'paused' : 'resumed'}`;
  if (options.wait) {
    const remaining = await waitForMembers(session, view, { ...options, group });
    if (remaining.length > 0) {
      const names = remaining.map(printable).join(', ');
      const message = `It is written, but these members have not said that they know it: ${names}`;
      const failure = { code: 'not-acknowledged', message };
      return unknown({ ...data, notAcknowledged: remaining }, failure);
    }
    session.io.out(success);
    return done({ ...data, notAcknowledged: [] });
  }
  session.io.out(success);
  return done(data);
}

/** Asks the members, the leader first, until one has an answer. Asking twice does no harm. */
async function request(
  session: Session,
  view: ClusterView,
  { group, paused }: { group: number | undefined; paused: boolean },
): Promise<{ taken: 'yes' | 'no' | 'unknown'; members: MemberOutcome[] }> {
  const members: MemberOutcome[] = [];
  for (const member of membersLeaderFirst(view)) {
    const body = { pause: paused || null };
    const answer = await askMember(session, member, { method: 'PATCH', path: 'config', body });
    if (answer.kind === 'silence') {
      session.io.warn(
        `Member ${printable(member.name)} is not accessible: ${printable(answer.message)}`,
      );
      const outcome = answer.taken === 'no' ? 'failed' : 'unknown';
      members.push({ member: member.name, outcome, status: null, message: answer.message });
      continue;
    }
    const { status } = answer;
    if (status === 200) {
      const message = 'accepted';
      members.push({ member: member.name, outcome: 'done', status, message });
      return { taken: 'yes', members };
    }
    session.io.out(
      `Failed: ${paused ? 'pause' : 'resume'} cluster management status code=${status}, ` +
        `(${printable(answer.body)})`,
    );
    members.push({ member: member.name, outcome: 'failed', status, message: answer.body });
    break;
  }
  const maybe = members.some(({ outcome }) => outcome === 'unknown');
  if (!maybe) return { taken: 'no', members };
  // An answer was lost: the configuration itself says whether it was written.
  const now = await readAgain(session, view.scope, group);
  const written = now && (now.config?.settings.pause ?? false) === paused;
  return { taken: written ? 'yes' : 'unknown', members };
}

function notTaken(data: PauseData, paused: boolean, taken: 'no' | 'unknown'): Result<PauseData> {
  const word = paused ? 'pause' : 'resume';
  if (taken === 'unknown') {
    const message = `No answer came to the request to ${word}, and it is not written yet`;
    const hint = `pgherd show-config ${printable(data.cluster)} shows whether it is later`;
    return unknown(data, { code: `${word}-unknown`, message, hint });
  }
  const refused = data.members.find(({ status }) => status !== null);
  if (!refused) {
    const message = 'Can not find accessible cluster member';
    return failed(data, { code: 'no-accessible-member', message });
  }
  const hint = hintFor([refused]);
  const reason = `${printable(refused.member)} answered ${refused.status}`;
  const message = `The cluster was not ${paused ? 'paused' : 'resumed'}: ${reason}`;
  return failed(data, { code: `${word}-failed`, message, ...(hint === undefined ? {} : { hint }) });
}

/** Returns the names of the members that do not know it when the time is over. */
async function waitForMembers(
  session: Session,
  before: ClusterView,
  options: PauseOptions,
): Promise<string[]> {
  const { ttl, loopWait } = before.config?.settings ?? DEFAULT_SETTINGS;
  const asked = new Set(membersLeaderFirst(before).map(({ name }) => name));
  let remaining = [...asked];
  const word = options.paused ? 'pause' : 'resume';
  session.io.err(`'${word}' request sent, waiting until it is recognized by all nodes`);
  const progress = progressLine(session);
  const look = async (): Promise<true | undefined> => {
    const view = await readAgain(session, before.scope, options.group);
    if (!view) return undefined;
    remaining = view.members
      .filter(({ name, pause }) => asked.has(name) && pause !== options.paused)
      .map(({ name }) => name);
    if (remaining.length === 0) return true;
    const text = `waiting for ${remaining.join(', ')}`;
    progress.show(text, text);
    return undefined;
  };
  const sentence = (): string =>
    `Interrupted: the ${word} is written; these members did not know it yet: ` +
    remaining.map(printable).join(', ');
  const timeoutMs = (options.timeout ?? ttl + loopWait) * 1000;
  await interruptible(session, sentence, () =>
    waitUntil(session, { timeoutMs, everyMs: 1000 }, look),
  );
  return remaining;
}
