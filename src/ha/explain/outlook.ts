import type { Member } from '../../model/member.ts';
import { isPrimaryRole } from '../../model/node-status.ts';
import { decide, RULES } from '../decide.ts';
import type { Facts } from '../facts.ts';
import type { Rule } from '../plan.ts';
import { type Scene, saidBy, supposedFacts, supposedPeers } from './supposed-facts.ts';

/** Whether a member could lead if the lock were free now, and what decides about it. */
export interface Outlook {
  /**
   * `leads`: it holds the lock. `would`: it would ask for the lock at once. `could`: it is fit, and
   * `after` goes first. `cannot`: `rule` keeps it from leading. `unknown`: it does not answer.
   */
  readonly verdict: 'leads' | 'would' | 'could' | 'cannot' | 'unknown';
  /** The agent's rule that decides; undefined: none is asked. */
  readonly rule: Rule | undefined;
  /** What made the rule come out this way: a word of `Unfitness` or of the race. */
  readonly because: string | undefined;
  /** The member that the word is about, as in `behind pg2`. */
  readonly after: string | undefined;
}

/**
 * Lets the agents' own rules decide, by what can be seen from outside, as if the leader were gone
 * and the lock free. A member that runs Patroni decides by rules of its own, which these mirror.
 */
export function outlookOf(scene: Scene, member: Member): Outlook {
  const { view, reports } = scene;
  if (member.name === view.leader) return outlook('leads', undefined);
  const report = reports.get(member.name);
  const status = saidBy(member, report);
  if (status.state !== 'running' && status.state !== 'starting') {
    return outlook('cannot', undefined, 'not-running');
  }
  const facts = supposedFacts(scene, member);
  if (view.leader !== undefined && isPrimaryRole(status.role) && status.state === 'running') {
    // Beside a leader there is nothing to suppose: it is stopped, or left alone in pause.
    const beside = { ...facts, dcs: { view, ownsLock: false, revision: 0 } };
    return outlook('cannot', decide(beside).rule, 'is-primary');
  }
  const seen = foresee(facts, scene);
  return report?.ok || seen.verdict === 'cannot'
    ? seen
    : { ...seen, verdict: 'unknown', because: 'unreachable', after: undefined };
}

/** Asks and answers until the rules act, or ask for the lock. */
function foresee(facts: Facts, scene: Scene): Outlook {
  let plan = decide(facts);
  if ('ask' in plan && plan.ask.kind === 'poll') {
    plan = decide({ ...facts, answers: { peers: supposedPeers(scene, facts.self.name) } });
  }
  if ('ask' in plan) return outlook('would', plan.rule);
  const [word, ...rest] = (plan.because ?? '').split(' ');
  const waits = word === 'behind' || word === 'lower-priority';
  const verdict = waits ? 'could' : 'cannot';
  return outlook(verdict, plan.rule, word || undefined, rest.join(' ') || undefined);
}

function outlook(
  verdict: Outlook['verdict'],
  name: string | undefined,
  ...[because, after]: (string | undefined)[]
): Outlook {
  return { verdict, rule: RULES.find((rule) => rule.name === name), because, after };
}
