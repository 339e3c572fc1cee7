import type { SourceReport } from '../model/postgres.ts';
import type { Answers, Facts, LockAnswer, Monotonic, PeerReport } from './facts.ts';
import { failsafeHold } from './failsafe.ts';
import { leaseUntil } from './lease.ts';
import type { Memory } from './memory.ts';
import type { Question } from './plan.ts';

/** What came back on a question. `sentAt`: just before it was sent. `ttl` in seconds. */
export type Answer =
  | {
      readonly lock: LockAnswer['outcome'];
      readonly sentAt: Monotonic;
      readonly ttl: number;
    }
  | { readonly peers: readonly PeerReport[] }
  | { readonly failsafe: 'accepted' | 'refused'; readonly sentAt: Monotonic }
  | { readonly source: SourceReport };

/** The facts with an answer among them, and with what follows from it for the lease. */
export function applyAnswer(facts: Facts, question: Question, answer: Answer): Facts {
  return {
    ...facts,
    answers: { ...facts.answers, ...asFact(answer) },
    memory: { ...facts.memory, ...consequence(facts, question, answer) },
  };
}

function asFact(answer: Answer): Answers {
  if ('lock' in answer) return { lock: { outcome: answer.lock } };
  if ('failsafe' in answer) return { failsafe: answer.failsafe };
  return answer;
}

function consequence(facts: Facts, question: Question, answer: Answer): Partial<Memory> {
  if ('lock' in answer) return lockConsequence(question, answer);
  if ('failsafe' in answer) return failsafeConsequence(facts, answer);
  return {};
}

function lockConsequence(
  question: Question,
  answer: Extract<Answer, { lock: unknown }>,
): Partial<Memory> {
  const sent = question.kind === 'renew' ? question.failsafe : undefined;
  const failsafe = sent === undefined ? {} : { failsafeWritten: sent };
  switch (answer.lock) {
    case 'held':
      return {
        ...failsafe,
        leaseUntil: leaseUntil(answer.sentAt, answer.ttl),
        lockWon: true,
        acquireSentAt: undefined,
        failsafeActive: false,
      };
    case 'lost':
      return {
        leaseUntil: undefined,
        lockWon: false,
        failsafeWritten: undefined,
        acquireSentAt: undefined,
        failsafeActive: false,
      };
    case 'unknown':
      // It may have been done. A lease that we have lasts as long as it did; a new one we have not.
      return question.kind === 'acquire' ? { acquireSentAt: answer.sentAt } : failsafe;
  }
}

/** A leader without a store leads on the word of the members; never shorter than its lease. */
function failsafeConsequence(
  facts: Facts,
  answer: Extract<Answer, { failsafe: unknown }>,
): Partial<Memory> {
  if (answer.failsafe === 'refused') return { failsafeActive: false };
  const until = leaseUntil(answer.sentAt, failsafeHold(facts.settings.ttl));
  const before = facts.memory.leaseUntil ?? until;
  return { leaseUntil: Math.max(before, until), failsafeActive: true };
}
