import { type Answer, applyAnswer } from '../ha/answers.ts';
import type { Facts, Monotonic } from '../ha/facts.ts';
import { fenceDeadline } from '../ha/lease.ts';
import type { Acting, Plan, Question } from '../ha/plan.ts';
import { InvariantError } from '../model/errors.ts';
import { ask } from './ask.ts';
import type { Mind } from './mind.ts';
import type { AgentPorts } from './ports.ts';

/** How often a tick decides before it must have come to a plan. */
const MOST_ROUNDS = 8;

/** Who talks. */
export interface Talkers {
  readonly ports: AgentPorts;
  readonly mind: Mind;
  readonly decide: (facts: Facts) => Plan;
}

/** What came of it: the plan, the facts that it was made for, and the rules that asked before. */
export interface Conclusion {
  readonly plan: Plan & Acting;
  readonly facts: Facts;
  readonly asked: readonly string[];
}

/** Decides, asks, and decides again, until there is a plan. `begun`: the beginning of the tick. */
export async function converse(
  talkers: Talkers,
  first: Facts,
  begun: Monotonic,
): Promise<Conclusion> {
  const asked: string[] = [];
  let facts = first;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const plan = talkers.decide(facts);
    if (!('ask' in plan)) return { plan, facts, asked };
    asked.push(plan.rule);
    facts = isTooLate(plan.ask, facts.now - begun)
      ? applyAnswer(facts, plan.ask, { lock: 'lost', sentAt: begun, ttl: 0 })
      : await answered(talkers, facts, plan.ask);
  }
  throw new InvariantError(`no plan after the questions of ${asked.join(', ')}`);
}

/**
 * What the others said may not be true any more: since then somebody may have led, acknowledged
 * writes, and gone. Within `ttl` nobody can have done so unnoticed.
 */
function isTooLate(question: Question, age: number): boolean {
  return question.kind === 'acquire' && age > question.ttl * 750;
}

async function answered({ ports, mind }: Talkers, facts: Facts, question: Question) {
  // While it is on its way the lock may already be ours: no promise to another leader then.
  if (question.kind === 'acquire') mind.remember({ acquireSentAt: ports.clock.monotonic() });
  const answer = await ask(ports, question);
  // A promise may have been given meanwhile: what counts is what is remembered now.
  const next = applyAnswer(mind.refreshed(facts), question, answer);
  mind.remember(next.memory);
  if (extendsLease(answer)) feedFence(ports, next);
  return mind.refreshed(next);
}

function extendsLease(answer: Answer): boolean {
  if ('lock' in answer) return answer.lock === 'held';
  return 'failsafe' in answer && answer.failsafe === 'accepted';
}

/**
 * A deadline that has passed is the guard's already: it would stop a standby for nothing. In pause
 * nobody is fenced, as nobody is with Patroni's watchdog.
 */
function feedFence({ fence }: AgentPorts, { memory, settings, now }: Facts): void {
  if (settings.pause) fence.disarm();
  if (settings.pause || memory.leaseUntil === undefined) return;
  const deadline = fenceDeadline(memory.leaseUntil, settings.ttl);
  if (deadline > now) fence.extend(deadline);
}
