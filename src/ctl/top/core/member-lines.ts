import { printable } from '../../../system/text.ts';
import { ROLE_TITLES, RUNNING_STATES } from '../../list/members.ts';
import { byteSize } from '../../render/byte-size.ts';
import { type LineStyle, padded, type Span, span } from '../../render/line.ts';
import type { Tone } from '../../render/paint.ts';
import { sparkline } from '../../render/sparkline.ts';
import { textWidth } from '../../render/text-width.ts';
import type { SceneGroup, SceneMember } from './scene.ts';
import type { Lags, TopState } from './state.ts';

/** How the table of members is drawn. */
export interface MemberStyle extends LineStyle {
  /** The bars of the plots. */
  readonly bars: readonly string[];
}

/** A member, its group, and its lags over time. */
interface Line {
  readonly member: SceneMember;
  readonly group: SceneGroup;
  readonly lags: Lags;
  readonly chosen: boolean;
}

interface Column {
  readonly title: string;
  readonly align: 'l' | 'r';
  /** The one with the lowest is left out first where not all fit; undefined: never. */
  readonly weight?: number;
  readonly widest?: number;
  readonly cell: (line: Line) => string;
  readonly tone?: (line: Line) => Tone;
}

const GAP = '  ';
/** The plots, and on their right, where there is room, the highest value that they show. */
const PLOT = { narrowest: 8, widest: 60, weight: 5, withPeak: 16 };
const PLOT_TITLES = ['Replay lag over time', 'Over time', 'Plot'];
const PEAK = { title: 'Peak', width: 9 };
/** A full bar is the highest lag that is shown, but never less than this: noise is no mountain. */
const LOWEST_TOP = 64 * 1024;

const COLUMNS: readonly Column[] = [
  {
    title: 'Member',
    align: 'l',
    widest: 30,
    cell: ({ member }) => member.name,
    tone: ({ chosen }) => (chosen ? 'heading' : 'plain'),
  },
  {
    title: 'Host',
    align: 'l',
    weight: 1,
    widest: 40,
    cell: ({ member }) => member.host ?? '',
  },
  {
    title: 'Role',
    align: 'l',
    weight: 9,
    cell: ({ member }) => ROLE_TITLES[member.role],
    tone: ({ member }) => (member.leads ? 'leader' : 'plain'),
  },
  {
    title: 'State',
    align: 'l',
    weight: 8,
    widest: 32,
    cell: ({ member }) => stateText(member),
    tone: ({ member }) => stateTone(member),
  },
  {
    title: 'TL',
    align: 'r',
    weight: 6,
    cell: ({ member }) => String(member.timeline ?? ''),
    tone: ({ member, group }) => (member.timeline === group.timeline ? 'plain' : 'behind'),
  },
  {
    title: 'Receive lag',
    align: 'r',
    weight: 2,
    cell: ({ member }) => lagText(member, member.receiveLag),
  },
  {
    title: 'Replay lag',
    align: 'r',
    weight: 7,
    cell: ({ member }) => lagText(member, member.replayLag),
    tone: ({ member }) => (member.lagging ? 'behind' : 'plain'),
  },
  {
    title: 'Lag s',
    align: 'r',
    weight: 4,
    cell: ({ member }) => (member.leads ? '' : (member.lagSeconds?.toFixed(1) ?? '?')),
  },
];

const GROUP: Column = {
  title: 'Group',
  align: 'r',
  weight: 10,
  cell: ({ group }) => String(group.group ?? ''),
};

/** The table of members: its titles, then one line for each; what does not fit is left out. */
export function memberLines(state: TopState, style: MemberStyle): Span[][] {
  const lines = state.scene.groups.flatMap((group) =>
    group.members.map((member): Line => {
      const lags = state.lags.get(member.key) ?? [];
      return { member, group, lags, chosen: member.key === state.selected };
    }),
  );
  const all = state.scene.groups.length > 1 ? [GROUP, ...COLUMNS] : COLUMNS;
  const { columns, left } = choose(all.map(sized(lines)), style.columns);
  const plot = plotSize(left);
  const last = plot.width > 0 ? undefined : columns.at(-1);
  const cellOf = (column: Sized, text: string): string => {
    const { width, align } = column;
    const cell = padded(text, width, { align, ellipsis: style.ellipsis });
    return column === last ? cell.trimEnd() : cell + GAP;
  };
  const titles = columns.map((column) => span(cellOf(column, column.title), 'heading'));
  const rows = lines.map((line) => {
    const cells = columns.map((column): Span => {
      const tone = column.tone?.(line) ?? 'plain';
      return span(cellOf(column, printable(column.cell(line))), tone);
    });
    const marker = span(line.chosen ? '> ' : GAP, 'heading');
    return [marker, ...cells, ...plotOf(line, plot, style)];
  });
  return [[span(GAP), ...titles, ...plotTitle(plot)], ...rows];
}

type Sized = Column & { readonly width: number };

function sized(lines: readonly Line[]): (column: Column) => Sized {
  return (column) => {
    const widths = lines.map((line) => textWidth(printable(column.cell(line))));
    const width = Math.max(textWidth(column.title), ...widths);
    return { ...column, width: Math.min(width, column.widest ?? width) };
  };
}

/** The columns that fit, and how much room they leave for the plot; 0: it is left out. */
function choose(all: readonly Sized[], room: number): { columns: readonly Sized[]; left: number } {
  let columns = all;
  let plot = true;
  for (;;) {
    const cells = columns.reduce((sum, { width }) => sum + width + GAP.length, GAP.length);
    const left = room - cells;
    if (left >= (plot ? PLOT.narrowest : -GAP.length)) {
      return { columns, left: plot ? left : 0 };
    }
    const lightest = Math.min(...columns.map(({ weight }) => weight ?? Number.POSITIVE_INFINITY));
    if (plot && PLOT.weight < lightest) plot = false;
    else if (lightest === Number.POSITIVE_INFINITY) return { columns, left: 0 };
    else columns = columns.filter(({ weight }) => weight !== lightest);
  }
}

interface PlotSize {
  /** Columns; 0: there is none. */
  readonly width: number;
  readonly peak: boolean;
}

function plotSize(room: number): PlotSize {
  const beside = room - PEAK.width - GAP.length;
  const peak = beside >= PLOT.withPeak;
  return { width: Math.min(peak ? beside : room, PLOT.widest), peak };
}

function plotTitle({ width, peak }: PlotSize): Span[] {
  const title = PLOT_TITLES.find(({ length }) => length <= width) ?? '';
  const right = peak ? GAP + PEAK.title.padStart(PEAK.width) : '';
  return [span(title.padEnd(width) + right, 'heading')];
}

function plotOf({ member, lags }: Line, { width, peak }: PlotSize, style: MemberStyle): Span[] {
  if (width === 0 || member.leads) return [];
  const shown = lags.slice(-width);
  const highest = Math.max(0, ...shown.map((lag) => lag ?? 0));
  const top = Math.max(LOWEST_TOP, highest);
  const plot = sparkline(shown, { width, top, bars: style.bars });
  const tone = member.lagging ? 'behind' : 'plain';
  const right = peak ? [span(GAP + byteSize(highest).padStart(PEAK.width))] : [];
  return [span(plot, tone), ...right];
}

function stateText({ state, silence, pendingRestart }: SceneMember): string {
  const words = [
    state || 'unknown',
    silence !== undefined && 'silent',
    pendingRestart && 'restart',
  ];
  return words.filter((word) => word !== false).join(', ');
}

function stateTone({ state, silence, pendingRestart }: SceneMember): Tone {
  if (!RUNNING_STATES.has(state)) return 'bad';
  return silence === undefined && !pendingRestart ? 'plain' : 'behind';
}

function lagText({ leads }: SceneMember, lag: number | null): string {
  if (leads) return '';
  return lag === null ? '?' : byteSize(lag);
}
