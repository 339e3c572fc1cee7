import type { MemberExplanation } from '../../ha/explain/explain.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { byteSize } from '../render/byte-size.ts';

/** What a sentence about a member goes by, beside the member. */
export interface OutlookContext {
  readonly settings: Settings | undefined;
  readonly leader: string | undefined;
}

/**
 * Why a member could or could not lead, in one sentence without a full stop. Safe to print.
 */
export function outlookText(member: MemberExplanation, context: OutlookContext): string {
  switch (member.outlook.verdict) {
    case 'leads':
      return 'it holds the lock';
    case 'would':
      return 'it is fit, and no other member is known to be ahead of it';
    case 'could':
      return `it is fit, and ${reason(member, context)}`;
    case 'cannot':
      return reason(member, context);
    case 'unknown':
      return printable(member.failure ?? 'it does not answer');
  }
}

type Say = (member: MemberExplanation, context: OutlookContext) => string;

const after = ({ outlook }: MemberExplanation): string => printable(outlook.after ?? 'another one');

const NEVER_LEADS: Say = () =>
  'its tags say that it never leads: nofailover, or failover_priority 0';

/** By the word of the race (`Unfitness`, and the reasons of `healthiest`). */
const BY_WORD: Readonly<Record<string, Say>> = {
  'not-running': ({ state }) => `PostgreSQL is not running: ${printable(state || 'state unknown')}`,
  'is-primary': (_, { leader }) =>
    `it runs as a primary beside the leader ${printable(leader ?? '')}`,
  starting: () => 'PostgreSQL is starting',
  nofailover: NEVER_LEADS,
  'no-watchdog': () => 'its configuration requires a watchdog, and none works',
  'not-in-failsafe': () =>
    'the failsafe list does not name it: no leader asks it before it goes on',
  'not-synchronous': () => '/sync does not name it: it may lack what was acknowledged',
  lag: ({ lagBytes }, { settings = DEFAULT_SETTINGS }) =>
    `it lags ${lagBytes === undefined ? 'too far' : byteSize(lagBytes)} behind, and ` +
    `maximum_lag_on_failover is ${byteSize(settings.maximumLagOnFailover)}`,
  timeline: ({ timeline }) =>
    `timeline ${timeline ?? 'unknown'} is not the last one, and check_timeline is on`,
  behind: (member) => `${after(member)} has more WAL`,
  'lower-priority': (member) => `${after(member)} has the higher failover_priority`,
  'primary-alive': (member) => `${after(member)} runs as a primary`,
  'no-quorum': () => 'too few of the members in /sync answer to be sure that none has more WAL',
};

const BY_RULE: Readonly<Record<string, Say>> = {
  'race.not-allowed': NEVER_LEADS,
  'paused.wait': () => 'the cluster is paused: nobody takes over by itself',
  'startup.foreign-data': () => 'its data are those of another cluster',
};

function reason(member: MemberExplanation, context: OutlookContext): string {
  const { because, after: rest, rule } = member.outlook;
  const say = BY_WORD[because ?? ''] ?? BY_RULE[rule?.name ?? ''];
  if (say) return say(member, context);
  const words = [because, rest].filter((word) => word !== undefined).join(' ');
  return printable(words || (rule?.why ?? 'nothing is known of it'));
}
