import type { Answer } from '../ha/answers.ts';
import type { LockAnswer } from '../ha/facts.ts';
import type { PeerAddress, Question } from '../ha/plan.ts';
import { DcsError } from '../model/errors.ts';
import { formatFailsafe } from '../wire/failsafe.ts';
import { formatStatus } from '../wire/status.ts';
import type { AgentPorts } from './ports.ts';

type AcquireQuestion = Extract<Question, { kind: 'acquire' }>;
type RenewQuestion = Extract<Question, { kind: 'renew' }>;
type FailsafeQuestion = Extract<Question, { kind: 'failsafe' }>;

/** Gets the answer to a question. Rejects only for a mistake of ours. */
export async function ask(ports: AgentPorts, question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'acquire':
    case 'renew': {
      // What the lease is counted from is read before anything is sent.
      const sentAt = ports.clock.monotonic();
      return { lock: await lockOutcome(ports, question), sentAt, ttl: question.ttl };
    }
    case 'poll':
      return { peers: await Promise.all(question.members.map((peer) => hear(ports, peer))) };
    case 'failsafe': {
      const sentAt = ports.clock.monotonic();
      return { failsafe: (await allAgree(ports, question)) ? 'accepted' : 'refused', sentAt };
    }
    case 'inspect':
      return { source: await ports.server.inspect(question.source) };
  }
}

async function lockOutcome(
  ports: AgentPorts,
  question: AcquireQuestion | RenewQuestion,
): Promise<LockAnswer['outcome']> {
  try {
    return await requestLock(ports, question);
  } catch (error) {
    if (error instanceof DcsError) return 'unknown';
    throw error;
  }
}

function requestLock(
  { dcs }: AgentPorts,
  question: AcquireQuestion | RenewQuestion,
): Promise<'held' | 'lost'> {
  const { ttl } = question;
  if (question.kind === 'acquire') return dcs.acquire({ ttl, sync: question.sync });
  const { status, failsafe } = question;
  return dcs.renew({
    ttl,
    ...(status === undefined ? {} : { status: formatStatus(status) }),
    ...(failsafe === undefined ? {} : { failsafe: formatFailsafe(failsafe) }),
  });
}

async function hear(ports: AgentPorts, peer: PeerAddress) {
  return { name: peer.name, report: await ports.peers.status(peer) };
}

/** One that refuses, or does not answer, may be about to lead. */
async function allAgree(ports: AgentPorts, question: FailsafeQuestion): Promise<boolean> {
  const { name, connUrl, apiUrl } = ports.node;
  const message = { name, connUrl, apiUrl, slots: question.slots };
  const agreed = await Promise.all(
    question.members.map((peer) => ports.peers.failsafe(peer, message)),
  );
  return agreed.every(Boolean);
}
