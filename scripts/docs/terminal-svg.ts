/** A line that a program has printed. */
export interface TimedLine {
  /** Seconds since the program was started. */
  readonly at: number;
  readonly text: string;
}

/** What fits on the picture; longer lines are cut. */
const COLUMNS = 100;
const ROWS = 30;
/** For reading the end, in seconds, before it begins anew. */
const REST = 8;
/** Pixels. */
const CHARACTER = 7.8;
const LINE = 17;
const MARGIN = 14;

const BACKGROUND = '#16191d';
const PLAIN = '#c9d1d9';

/**
 * A terminal as a moving picture: each line comes when the program printed it, and older ones move
 * out at the top. SVG with styles alone, so it plays wherever it is shown as an image; a viewer
 * without animations sees the end.
 */
export function terminalSvg(lines: readonly TimedLine[], title: string): string {
  const length = (lines.at(-1)?.at ?? 0) + REST;
  const percent = (at: number): string => ((100 * at) / length).toFixed(2);
  const texts = lines.map(({ text }, index) => {
    // Spaces that no viewer of SVG puts together.
    const shown = [...text].slice(0, COLUMNS).join('').replaceAll(' ', '\u00a0');
    const y = (index + 1) * LINE;
    return `<text class="l${index}" y="${y}" fill="${colour(text)}">${escaped(shown)}</text>`;
  });
  const appear = lines.map(
    ({ at }, index) =>
      `@keyframes l${index}{0%{opacity:0}${percent(at)}%{opacity:1}to{opacity:1}}` +
      `.l${index}{animation:l${index} ${length.toFixed(2)}s step-end infinite}`,
  );
  const width = Math.round(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = ROWS * LINE + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
${scrolling(lines, percent)}
.all{transform:translateY(${moved(lines.length)}px);animation:all ${length.toFixed(2)}s step-end infinite}
${appear.join('\n')}
</style>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<svg x="${MARGIN}" y="${MARGIN}" width="${width - 2 * MARGIN}" height="${ROWS * LINE + 4}">
<g class="all">
${texts.join('\n')}
</g>
</svg>
</svg>
`;
}

/** How far the text has moved when so many lines are there. */
function moved(count: number): number {
  return -Math.max(0, count - ROWS) * LINE;
}

function scrolling(lines: readonly TimedLine[], percent: (at: number) => string): string {
  const steps = lines.flatMap(({ at }, index) =>
    moved(index + 1) === 0 ? [] : `${percent(at)}%{transform:translateY(${moved(index + 1)}px)}`,
  );
  const end = `to{transform:translateY(${moved(lines.length)}px)}`;
  return `@keyframes all{0%{transform:translateY(0)}${steps.join('')}${end}}`;
}

/** What is told, what is typed, what came of it. */
function colour(text: string): string {
  if (text.startsWith('# ')) return '#7ee787';
  if (text.startsWith('$ ')) return '#ffffff';
  if (/without a write$|^acknowledged /.test(text)) return '#f2cc60';
  return PLAIN;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
