import type { ClusterView, Failover } from '../../model/cluster.ts';
import { DcsError } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { formatFailover } from '../../wire/failover.ts';
import { askMember } from '../ask-member.ts';
import { done, failed, type Result, unknown } from '../result.ts';
import { membersLeaderFirst } from '../select-members.ts';
import type { Session } from '../session.ts';
import { readAgain } from '../wait.ts';
import { hintFor, type MemberOutcome } from './member-outcome.ts';

interface Choice {
  readonly group: number | undefined;
  readonly timeoutMs: number | undefined;
}

/** `viaDcs`: no member did it, so the document itself was written. */
interface FlushData {
  readonly cluster: string;
  readonly target: 'switchover';
  readonly members: readonly MemberOutcome[];
  readonly viaDcs: boolean;
}

/**
 * Takes a scheduled switchover back: asks the leader, then the others, until one has an answer.
 * When none has, writes the document itself, which is safe: only if it is still the one that was
 * read.
 */
export async function flushSwitchover(
  session: Session,
  view: ClusterView,
  choice: Choice,
): Promise<Result> {
  const { failover } = view;
  const data = (members: readonly MemberOutcome[], viaDcs = false): FlushData => ({
    cluster: view.scope,
    target: 'switchover',
    members,
    viaDcs,
  });
  if (!failover?.scheduledAt) {
    session.io.out('No pending scheduled switchover');
    return done(data([]));
  }
  const asked: MemberOutcome[] = [];
  for (const member of membersLeaderFirst(view)) {
    const request = { method: 'DELETE', path: 'switchover', timeoutMs: choice.timeoutMs } as const;
    const answer = await askMember(session, member, request);
    const name = printable(member.name);
    if (answer.kind === 'silence') {
      session.io.warn(`Member ${name} is not accessible: ${printable(answer.message)}`);
      const outcome = answer.taken === 'no' ? 'failed' : 'unknown';
      asked.push({ member: member.name, outcome, status: null, message: answer.message });
      continue;
    }
    const { status, body } = answer;
    // An earlier member did it, and its answer was lost.
    const gone = status === 404 && asked.some(({ outcome }) => outcome === 'unknown');
    if (status === 200 || gone) {
      const message = gone ? 'scheduled switchover deleted' : body;
      session.io.out(`Success: ${printable(message)}`);
      asked.push({ member: member.name, outcome: 'done', status, message });
      return done(data(asked));
    }
    asked.push({ member: member.name, outcome: 'failed', status, message: body });
    if (status === 404) {
      session.io.out(`Failed: ${printable(body)}`);
      return failed(data(asked), {
        code: 'nothing-scheduled',
        message: 'The switchover was not scheduled any more: it has run, or someone took it back',
        hint: `pgherd list ${printable(view.scope)} shows who leads`,
      });
    }
    session.io.out(`Failed: member=${name}, status_code=${status}, (${printable(body)})`);
  }
  return flushInDcs(session, view, { failover, asked, choice, data: data(asked, true) });
}

async function flushInDcs(
  session: Session,
  view: ClusterView,
  known: {
    failover: Failover;
    asked: readonly MemberOutcome[];
    choice: Choice;
    data: FlushData;
  },
): Promise<Result> {
  const { failover, asked, data } = known;
  const hint = hintFor(asked);
  session.io.warn(
    'No member took the request; the scheduled switchover is taken out of the DCS itself' +
      (hint === undefined ? '' : ` (${hint})`),
  );
  const group = view.group ?? known.choice.group;
  try {
    const dcs = await session.dcs(view.scope, group);
    const written = await dcs.write('failover', formatFailover({}), { version: failover.version });
    if (written === 'done') {
      session.io.out('Success: scheduled switchover deleted');
      return done(data);
    }
    const message = 'The switchover was changed by someone else meanwhile: nothing was deleted';
    return failed(data, { code: 'conflict', message, hint: 'look at the cluster and try again' });
  } catch (error) {
    session.signal.throwIfAborted();
    if (!(error instanceof DcsError)) throw error;
    const now = await readAgain(session, view.scope, group);
    if (now && !now.failover?.scheduledAt) {
      session.io.out('Success: scheduled switchover deleted');
      return done(data);
    }
    const message = `It is not known whether the switchover was deleted: ${error.message}`;
    return unknown(data, { code: 'flush-unknown', message });
  }
}
