import { localTime } from '../../local-time.ts';
import { drawLine, type LineStyle, type Span, span } from '../../render/line.ts';
import { ASCII_BARS, UNICODE_BARS } from '../../render/sparkline.ts';
import { memberLines } from './member-lines.ts';
import { selectedGroup, selectedMember } from './order.ts';
import { type Event, membersOf, type TopState } from './state.ts';

/** The terminal, and the moment. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** False: nothing but ASCII. */
  readonly unicode: boolean;
  readonly now: Date;
  /** The same moment on the monotonic clock, in ms. */
  readonly nowMs: number;
  /** Between two looks. */
  readonly everyMs: number;
}

const GAP = '   ';

/**
 * The screen: exactly `rows` lines, none wider than `columns`. Where there is little room, events
 * go first, then titles and the summary; the selected member is always among the lines.
 */
export function frame(state: TopState, canvas: Canvas): string[] {
  const { rows, columns, color, unicode } = canvas;
  const style: LineStyle = { columns, color, ellipsis: unicode ? '…' : '~' };
  const notice = staleNotice(state, canvas);
  const head = [
    headLine(state, canvas),
    ...(rows >= 5 ? [summaryLine(state)] : []),
    ...(notice && rows >= 4 ? [notice] : []),
  ];
  const foot = rows >= 3 ? [footLine(state)] : [];
  const room = Math.max(0, rows - head.length - foot.length);
  const body = state.help ? HELP.slice(0, room) : bodyLines(state, canvas, { room, style });
  const filled = Array.from({ length: room }, (_, index): readonly Span[] => body[index] ?? []);
  return [...head, ...filled, ...foot].slice(0, rows).map((line) => drawLine(line, style));
}

function headLine({ scene }: TopState, { columns, now }: Canvas): Span[] {
  const clock = localTime(now).slice(11);
  const id = scene.initialize ? ` (${scene.initialize})` : '';
  const count = membersOf(scene).length;
  const spans = [
    span(clock, 'quiet'),
    span('  '),
    span(scene.scope, 'heading'),
    span(`${id}${GAP}${count} member${count === 1 ? '' : 's'}`),
  ];
  return columns < clock.length ? [span(scene.scope, 'heading')] : spans;
}

function summaryLine(state: TopState): Span[] {
  const group = selectedGroup(state);
  if (!group) return [];
  const { leader, timeline, synchronousMode, paused, scheduledAt } = group;
  const quorum = synchronousMode === 'quorum' ? 'quorum commit' : 'synchronous';
  return [
    ...(state.scene.groups.length > 1 ? [span(`group ${group.group}:${GAP}`)] : []),
    leader === undefined ? span('no leader', 'bad') : span(`leader ${leader}`, 'leader'),
    ...(timeline === null ? [] : [span(`${GAP}timeline ${timeline}`)]),
    ...(synchronousMode === 'off' ? [] : [span(GAP + quorum)]),
    ...(paused ? [span(GAP), span('paused: no automatic failover', 'behind')] : []),
    ...(scheduledAt ? [span(`${GAP}switchover at ${scheduledAt}`, 'behind')] : []),
  ];
}

/** Says how old the screen is, when it is older than it should be, and why. */
function staleNotice({ look }: TopState, canvas: Canvas): Span[] | undefined {
  const ageMs = canvas.nowMs - look.readMs;
  const late = ageMs > 2 * canvas.everyMs + 1000;
  if (look.failure === undefined && !late) return undefined;
  const age = `shown as of ${Math.max(0, Math.round(ageMs / 1000))} s ago`;
  const why = look.failure ?? 'the store has not answered yet';
  return [span(`${age}: ${why}`, 'bad')];
}

function footLine(state: TopState): Span[] {
  const member = selectedMember(state);
  const resume = selectedGroup(state)?.paused ?? false;
  const keys = [
    ['q', 'quit'],
    ['s', 'switchover'],
    ...(member ? [['r', `restart ${member.name}`]] : []),
    ['p', resume ? 'resume' : 'pause'],
    ['?', state.help ? 'back' : 'help'],
  ];
  return keys.flatMap(([key = '', meaning = '']) => [
    span(key, 'heading'),
    span(` ${meaning}${GAP}`, 'quiet'),
  ]);
}

/** Members, then events; the members come first where there is not room for both. */
function bodyLines(
  state: TopState,
  canvas: Canvas,
  { room, style }: { room: number; style: LineStyle },
): readonly Span[][] {
  const bars = canvas.unicode ? UNICODE_BARS : ASCII_BARS;
  const [titles = [], ...members] = memberLines(state, { ...style, bars });
  const head = room >= 3 ? [titles] : [];
  const wanted = room >= 12 ? Math.min(4, state.events.length) + 2 : 0;
  const visible = Math.max(0, Math.min(members.length, room - head.length - wanted));
  const at = membersOf(state.scene).findIndex(({ key }) => key === state.selected);
  const from = Math.max(0, Math.min(at - Math.floor(visible / 2), members.length - visible));
  const shown = [...head, ...members.slice(from, from + visible)];
  return [...shown, ...eventLines(state.events, room - shown.length)];
}

/** As many of the newest events as fit below a blank line and a title, the newest first. */
function eventLines(events: readonly Event[], room: number): Span[][] {
  if (room < 3) return [];
  const newest = events.slice(-(room - 2)).reverse();
  const lines = newest.map(({ at, text, tone }) => [
    span(`${localTime(at).slice(11)}  `, 'quiet'),
    span(text, tone),
  ]);
  const none = [span('Nothing has happened since this began', 'quiet')];
  return [[], [span('Events', 'heading')], ...(lines.length > 0 ? lines : [none])];
}

const HELP: readonly Span[][] = [
  '',
  'j k, arrows   select a member',
  's             switchover: shows the candidates, asks, follows it to its end',
  'r             restart PostgreSQL on the selected member',
  'p             pause the cluster (no automatic failover), or resume it',
  'q, Ctrl-C     quit',
  'Ctrl-L        draw the screen anew',
  '',
  'Each of s, r and p asks before anything is done, as the command of that name.',
  'Receive lag, replay lag: bytes behind the leader. Lag s: the age of the last',
  'transaction that was replayed, 0 when all was. Plot: replay lag; a full bar is',
  'the highest value shown, at least 64 kB. silent: its REST API does not answer.',
].map((line) => [span(line)]);
