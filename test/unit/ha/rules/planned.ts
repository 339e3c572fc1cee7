import { decide } from '../../../../src/ha/decide.ts';
import type { Facts } from '../../../../src/ha/facts.ts';
import type { Acting, Plan, Question } from '../../../../src/ha/plan.ts';

/** A decision in short: the rule, and what it asks or does, as words that a test can hold. */
export function planned(facts: Facts): { rule: string; asks?: string; does?: string[] } {
  const plan = decide(facts);
  if ('ask' in plan) return { rule: plan.rule, asks: plan.ask.kind };
  return { rule: plan.rule, does: plan.do.map((action) => wordsOf(action)) };
}

function wordsOf(action: Acting['do'][number]): string {
  if (action.kind === 'write') {
    return `${action.document.value === undefined ? 'remove' : 'write'} ${action.document.name}`;
  }
  if (action.kind !== 'job') return action.kind;
  const { job } = action;
  if (job.kind === 'stop') return `stop ${job.mode}`;
  if (job.kind === 'start') return `start as ${job.as}`;
  return job.kind;
}

/** The plan, which must be one that acts. */
export function acting(facts: Facts): Plan & Acting {
  const plan = decide(facts);
  if ('ask' in plan) throw new Error(`${plan.rule} asks: ${plan.ask.kind}`);
  return plan;
}

/** The question, which must be asked. */
export function asked(facts: Facts): Question {
  const plan = decide(facts);
  if (!('ask' in plan)) throw new Error(`${plan.rule} does not ask`);
  return plan.ask;
}
