import { printable } from '../../system/text.ts';
import { done, type Failure, failed, type Result, unknown } from '../result.ts';

/**
 * What became of one member. `skipped`: a condition of the request did not hold; `not-tried`: an
 * earlier member stopped the work; `planned`: a dry run.
 */
export interface MemberOutcome {
  readonly member: string;
  readonly outcome:
    | 'done'
    | 'scheduled'
    | 'skipped'
    | 'planned'
    | 'failed'
    | 'unknown'
    | 'not-tried';
  /** HTTP status of the member's answer; null when there was none. */
  readonly status: number | null;
  /** The member's own words, or ours when it said nothing. */
  readonly message: string;
}

/**
 * The result of an action on several members: failed when any failed, else unknown when of any it
 * is not known. `action` is a noun: `restart`.
 */
export function concludeMembers<Data>(
  action: string,
  outcomes: readonly MemberOutcome[],
  data: Data,
): Result<Data> {
  const bad = outcomes.filter(({ outcome }) => outcome === 'failed');
  const unsure = outcomes.filter(({ outcome }) => outcome === 'unknown');
  const left = outcomes.filter(({ outcome }) => outcome === 'not-tried');
  if (bad.length === 0 && unsure.length === 0) return done(data);
  const parts = [
    ...(bad.length > 0 ? [`${action} failed on ${reasons(bad)}`] : []),
    ...(unsure.length > 0 ? [`it is not known how ${action} ended on ${reasons(unsure)}`] : []),
    ...(left.length > 0 ? [`not tried: ${left.map(nameOf).join(', ')}`] : []),
  ];
  const hint = hintFor([...bad, ...unsure]);
  const sentence = parts.join('; ');
  const failure: Failure = {
    code: bad.length > 0 ? `${action}-failed` : `${action}-unknown`,
    message: sentence.charAt(0).toUpperCase() + sentence.slice(1),
    ...(hint === undefined ? {} : { hint }),
  };
  return bad.length > 0 ? failed(data, failure) : unknown(data, failure);
}

/** What helps when a member refused us: its REST API wants credentials or a certificate. */
export function hintFor(outcomes: readonly Pick<MemberOutcome, 'status'>[]): string | undefined {
  const statuses = outcomes.map(({ status }) => status);
  if (statuses.includes(401)) {
    return 'the REST API wants a name and a password: set ctl.authentication in the configuration';
  }
  if (statuses.includes(403)) {
    return 'the REST API lets only some in: check ctl.authentication and ctl.certfile';
  }
  return undefined;
}

function reasons(outcomes: readonly MemberOutcome[]): string {
  return outcomes.map((outcome) => `${nameOf(outcome)} (${printable(outcome.message)})`).join(', ');
}

function nameOf({ member }: MemberOutcome): string {
  return printable(member);
}
