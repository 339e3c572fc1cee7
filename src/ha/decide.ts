import { InvariantError } from '../model/errors.ts';
import type { Facts } from './facts.ts';
import type { Plan, Rule } from './plan.ts';
import { recall } from './recall.ts';
import { BOOTSTRAP } from './rules/bootstrap.ts';
import { BUSY } from './rules/busy.ts';
import { DOWN } from './rules/down.ts';
import { FOLLOWING } from './rules/following.ts';
import { LEADING } from './rules/leading.ts';
import { LEAVING } from './rules/leaving.ts';
import { ORDERS } from './rules/orders.ts';
import { PAUSED } from './rules/paused.ts';
import { RACE } from './rules/race.ts';
import { RESUMING } from './rules/resuming.ts';
import { STARTUP } from './rules/startup.ts';
import { UNREACHABLE } from './rules/unreachable.ts';

/**
 * All that a node ever decides, in this order: the first rule that answers wins. The order itself
 * is part of the decision: what endangers data comes before what serves people.
 */
export const RULES: readonly Rule[] = [
  ...LEAVING,
  ...UNREACHABLE,
  ...BUSY,
  ...ORDERS,
  ...PAUSED,
  ...BOOTSTRAP,
  ...STARTUP,
  ...RESUMING,
  ...DOWN,
  ...RACE,
  ...LEADING,
  ...FOLLOWING,
];

/**
 * What this node does next, by what it knows now. Total: the last rule always answers. Pure: the
 * same facts give the same plan. Throws InvariantError only when the rules themselves are broken.
 */
export function decide(facts: Facts): Plan {
  const recalled = recall(facts);
  const now: Facts = { ...facts, memory: { ...facts.memory, ...recalled } };
  for (const rule of RULES) {
    const plan = rule.plan(now);
    if (!plan) continue;
    if ('ask' in plan) return { rule: rule.name, ask: plan.ask };
    return { rule: rule.name, ...plan, memory: { ...recalled, ...plan.memory } };
  }
  throw new InvariantError('no rule answers');
}
