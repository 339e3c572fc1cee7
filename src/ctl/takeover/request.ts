import type { TakeoverOrder } from '../../ha/switchover.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { DcsError, Refusal } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { formatFailover } from '../../wire/failover.ts';
import { parseTakeoverReply, type TakeoverReply, takeoverBody } from '../../wire/rest.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import { askMember } from '../ask-member.ts';
import type { Session } from '../session.ts';

/** What became of a request. */
export type Sent =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      readonly reply: TakeoverReply;
    }
  /** No answer came, but the member may have taken the request: only looking helps. */
  | { readonly kind: 'silent'; readonly message: string }
  /** The member surely did not get it; it was written to the DCS instead. */
  | { readonly kind: 'written'; readonly message: string };

/** A request that was checked and confirmed. */
export interface TakeoverCommand {
  readonly order: TakeoverOrder;
  /** As Patroni is sent it; undefined: at once. */
  readonly scheduledIso: string | undefined;
  readonly group: number | undefined;
}

/**
 * Sends the request to the leader, or to the candidate when nobody leads. The DCS is written only
 * when the request surely did not get through, and only while nobody else has asked for anything
 * since the cluster was read; a request that may have been taken is never sent twice.
 */
export async function sendTakeover(
  session: Session,
  view: ClusterView,
  command: TakeoverCommand,
): Promise<Sent> {
  const { order, scheduledIso } = command;
  const target = targetOf(view, order);
  const body = takeoverBody({
    ...order,
    ...(scheduledIso === undefined ? {} : { scheduledAt: scheduledIso }),
  });
  const timeoutMs = answerTimeoutMs(view);
  const post = (path: string) =>
    askMember(session, target, { method: 'POST', path, body, timeoutMs });
  let answer = await post(order.action);
  if (answer.kind === 'reply' && answer.status === 501 && order.action === 'switchover') {
    // Patroni before 2.0 (2018) knows only /failover.
    answer = await post('failover');
  }
  if (answer.kind === 'reply') {
    const reply = parseTakeoverReply(answer.status, answer.body);
    return { kind: 'answered', status: answer.status, body: answer.body, reply };
  }
  if (answer.taken === 'maybe') return { kind: 'silent', message: answer.message };
  return writeRequest(session, view, { ...command, why: answer.message });
}

/** How long a leader may take to answer: it waits up to 2·max(10, loop_wait) s for the outcome. */
function answerTimeoutMs(view: ClusterView): number {
  const loopWait = view.config?.settings.loopWait ?? 10;
  return (2 * Math.max(10, loopWait) + 10) * 1000;
}

function targetOf(view: ClusterView, order: TakeoverOrder): Pick<Member, 'name' | 'apiUrl'> {
  const name = view.leader ?? order.candidate ?? '';
  return view.members.find((member) => member.name === name) ?? { name };
}

async function writeRequest(
  session: Session,
  view: ClusterView,
  { order, scheduledIso, group, why }: TakeoverCommand & { readonly why: string },
): Promise<Sent> {
  session.io.warn(
    `Could not ${order.action} using Patroni api, falling back to DCS ` +
      `(${printable(why)}): the request is written to the key "failover", ` +
      'and the members act on it within loop_wait, if they can',
  );
  // Of a Citus cluster, without a group named, the view is the coordinator's: its key is meant.
  const own = view.group ?? group;
  const dcs = await session.dcs(view.scope, own);
  const now = parseSnapshot(view.scope, await dcs.read(session.signal), own);
  const guard = view.failover ? { version: view.failover.version } : 'absent';
  const same = now.leader === view.leader;
  const text = formatFailover({ ...order, scheduledAt: scheduledIso });
  try {
    if (same && (await dcs.write('failover', text, guard)) === 'done') {
      return { kind: 'written', message: why };
    }
  } catch (error) {
    // The write may have been done all the same.
    if (error instanceof DcsError) return { kind: 'silent', message: error.message };
    throw error;
  }
  throw new Refusal(
    'changed-meanwhile',
    same
      ? 'Nothing was asked for: another switchover or failover was requested meanwhile'
      : 'Nothing was asked for: the cluster has another leader meanwhile',
    { hint: `pgherd list ${printable(view.scope)} shows how the cluster is now` },
  );
}
