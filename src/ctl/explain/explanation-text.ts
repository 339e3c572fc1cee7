import type { Explanation, MemberExplanation } from '../../ha/explain/explain.ts';
import { printable } from '../../system/text.ts';
import { byteSize } from '../render/byte-size.ts';
import { pythonStr } from '../render/python-str.ts';
import type { OutlookContext } from './outlook-text.ts';
import { outlookText } from './outlook-text.ts';

const ROLES: Readonly<Record<MemberExplanation['role'], string>> = {
  leader: 'leader',
  standby_leader: 'standby leader',
  sync_standby: 'sync standby',
  quorum_standby: 'quorum standby',
  replica: 'replica',
};

/** All that is known, as lines for people: the cluster, then member by member. Safe to print. */
export function explanationText(
  scope: string,
  explanation: Explanation,
  context: OutlookContext,
): string {
  const { paused, members } = explanation;
  return [
    `Cluster ${printable(scope)}: ${leadership(explanation)}${paused ? ', and it is paused' : ''}`,
    succession(explanation),
    ...members.flatMap((member) => ['', ...memberLines(member, context)]),
  ].join('\n');
}

function leadership({ leader, members }: Explanation): string {
  if (leader === undefined) return 'nobody leads';
  const known = members.some(({ name }) => name === leader);
  return known
    ? `${printable(leader)} leads`
    : `${printable(leader)} holds the lock, and there is no document of it`;
}

/** Who comes next. */
function succession({ leader, line }: Explanation): string {
  const [first, ...others] = line.map(printable);
  const when = leader === undefined ? 'Now' : 'Without it';
  if (first === undefined) return `${when} no member could lead`;
  const then = others.length > 0 ? `, then ${others.join(', ')}` : '';
  return `${when} ${first} would lead${then}`;
}

function memberLines(member: MemberExplanation, context: OutlookContext): string[] {
  const { name, tags, outlook, replayPaused, failure } = member;
  const { rule } = outlook;
  const decided = outlook.verdict === 'cannot' && rule;
  const lines = [
    ...(failure === undefined ? [] : [`does not answer, this is from its document: ${failure}`]),
    `${VERDICTS[outlook.verdict](member)}: ${outlookText(member, context)}`,
    ...(decided ? [`rule ${rule.name}: ${rule.why}`] : []),
    ...(replayPaused ? ['replay is paused: it receives WAL and does not replay it'] : []),
    ...restartLine(member),
    ...sightLine(member),
    ...(Object.keys(tags).length > 0 ? [`tags: ${tagText(tags)}`] : []),
  ];
  return [
    `${printable(name)}: ${headline(member)}`,
    ...lines.map((line) => `  ${printable(line)}`),
  ];
}

const VERDICTS: Readonly<
  Record<MemberExplanation['outlook']['verdict'], (member: MemberExplanation) => string>
> = {
  leads: () => 'leads',
  would: ({ rank }) => `could lead, ${rank === 1 ? 'first' : `number ${rank}`} in line`,
  could: ({ rank }) => `could lead, number ${rank} in line`,
  cannot: () => 'cannot lead',
  unknown: () => 'not known whether it could lead',
};

function headline(member: MemberExplanation): string {
  const { role, state, replicationState, source, wantedSource, timeline } = member;
  const shown = printable(replicationState ?? (state || 'state unknown'));
  const elsewhere = wantedSource !== undefined && wantedSource !== source;
  return [
    ROLES[role],
    source === undefined ? shown : `${shown} from ${printable(source)}`,
    ...(elsewhere ? [`wants to stream from ${printable(wantedSource)}`] : []),
    timeline === undefined ? 'timeline unknown' : `timeline ${timeline}`,
    ...lagText(member),
  ].join(', ');
}

function lagText({ outlook, lagBytes, lagSeconds }: MemberExplanation): string[] {
  if (outlook.verdict === 'leads') return [];
  if (lagBytes === undefined) return ['lag unknown'];
  const seconds = lagSeconds === undefined ? '' : ` (${lagSeconds} s)`;
  return [`lag ${byteSize(lagBytes)}${seconds}`];
}

function restartLine({ pendingRestart, pendingRestartReason }: MemberExplanation): string[] {
  if (!pendingRestart) return [];
  const changes = Object.entries(pendingRestartReason).map(
    ([name, { oldValue, newValue }]) => `${name} ${oldValue} -> ${newValue}`,
  );
  return [`waits for a restart${changes.length > 0 ? `: ${changes.join(', ')}` : ''}`];
}

/** Clocks differ, so a second or two mean nothing. */
function sightLine({ dcsSeenSeconds }: MemberExplanation): string[] {
  if (dcsSeenSeconds === undefined) return [];
  return [`the DCS answered its agent ${dcsSeenSeconds} s ago, by its clock and this one`];
}

function tagText(tags: MemberExplanation['tags']): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name} ${pythonStr(value)}`)
    .join(', ');
}
