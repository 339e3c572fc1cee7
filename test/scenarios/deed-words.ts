import type { Deed } from '../sim/deeds.ts';

type Kind = Deed['kind'];
type Reader = (word: string) => unknown;

/** A field of a deed, and how its word is read. Those with `?` may be left out. */
type Field = readonly [string, Reader];

const host: Field = ['host', String];
const ms: Field = ['ms', milliseconds];
const delay: Field = ['delay', milliseconds];
const oneIn: Field = ['oneIn', Number];
const inMs: Field = ['inMs?', (word) => milliseconds(word.replace(/^in=/, ''))];

/** Words after the kind, in this order. */
const FIELDS: Readonly<Record<Kind, readonly Field[]>> = {
  'kill-agent': [host, ms],
  'kill-both': [host, ms],
  'freeze-agent': [host, ms],
  'kill-guard': [host],
  'pause-host': [host, ms],
  'crash-host': [host, ms],
  'step-clock': [host, ms],
  'drift-clock': [host, ['ppm', Number]],
  'kill-postgres': [host],
  'slow-start': [host, ms],
  'fail-next': [host, ['what', String], ['times', Number]],
  'disk-full': [host, ms],
  'hang-monitoring': [host, ms],
  'store-down': [ms],
  'store-restart': [],
  'store-wipe': [],
  'store-backup': [],
  'store-restore': [],
  'store-compact': [],
  'lose-requests': [host, oneIn, ms],
  'lose-replies': [host, oneIn, ms],
  'slow-store': [host, delay, ms],
  'stale-reads': [host, ms],
  'cut-link': [['from', String], ['to', String], ms],
  'slow-link': [['from', String], ['to', String], delay, ms],
  'cut-store': [host, ms],
  isolate: [host, ms],
  switchover: [['candidate?', String], inMs],
  failover: [['candidate', String]],
  restart: [host, inMs],
  reinitialize: [host, ['force', (word) => word === 'force']],
  pause: [['on', (word) => word === 'on']],
  'edit-config': [['patch', (word) => JSON.parse(word)]],
  'stop-agent': [host, ms],
};

/** True when the line begins with the name of a deed. */
export function isDeed(line: string): boolean {
  return Object.hasOwn(FIELDS, line.split(' ')[0] ?? '');
}

/**
 * Reads a deed in words, e.g. `kill-agent pg1 10s`, `switchover pg2 in=30s`, `reinitialize pg3
 * force`, `edit-config {"ttl":20}`. Throws where a word is missing or too much.
 */
export function parseDeed(line: string): Deed {
  const [kind = '', rest = ''] = split(line);
  const fields = FIELDS[kind as Kind];
  const words = kind === 'edit-config' ? [rest] : rest.split(' ').filter(Boolean);
  const deed: Record<string, unknown> = { kind };
  for (const [name, read] of fields) {
    const optional = name.endsWith('?');
    const isTime = words[0]?.startsWith('in=') === true;
    if (optional && (words.length === 0 || (isTime && name !== 'inMs?'))) continue;
    const word = words.shift();
    if (word === undefined && name !== 'force') throw new Error(`${line}: no ${name}`);
    deed[name.replace('?', '')] = read(word ?? '');
  }
  if (words.length > 0) throw new Error(`${line}: too much: ${words.join(' ')}`);
  return deed as unknown as Deed;
}

function split(line: string): [string, string] {
  const at = line.indexOf(' ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

/** `250ms`, `10s`, `-5m`, `1h` → milliseconds. */
export function milliseconds(word: string): number {
  const [, number, unit] = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(word) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit ?? ''];
  if (number === undefined || factor === undefined) throw new Error(`not a duration: ${word}`);
  return Number(number) * factor;
}
