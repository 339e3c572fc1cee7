import type { Tags } from '../../src/model/member.ts';
import type { Node } from '../../src/model/node.ts';

/** What `cluster 3 ttl=30 sync=on tags.pg3={"nosync":true} cold` asks for. */
export interface ClusterWords {
  readonly nodes: number;
  readonly seed: number;
  /** Do not wait until it is ready. */
  readonly cold: boolean;
  readonly fence: Node['fence'];
  /** How many clients write. */
  readonly clients: number;
  readonly tags: Readonly<Record<string, Tags>>;
  readonly removesOnRewindFailure: boolean;
  readonly removesOnDivergence: boolean;
  /** The dynamic configuration, as it is written in `/config`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Short words for what is long in the configuration. */
const SHORT: Readonly<Record<string, (value: unknown) => [string, unknown]>> = {
  sync: (value) => ['synchronous_mode', value],
  strict: (value) => ['synchronous_mode_strict', value],
  failsafe: (value) => ['failsafe_mode', value],
};

/**
 * Reads the words after `cluster`: the number of nodes, `cold`, and settings `key=value`. `seed`,
 * `fence`, `clients`, `removes-on-…` and `tags.NAME` belong to the world; anything else is a key of
 * the dynamic configuration, with dots between the levels. `on` and `off` are true and false.
 */
export function parseCluster(words: readonly string[]): ClusterWords {
  const [count = '', ...rest] = words;
  const pairs = new Map(rest.filter((word) => word !== 'cold').map(pair));
  const take = (key: string): unknown => {
    const value = pairs.get(key);
    pairs.delete(key);
    return value;
  };
  const world = {
    nodes: Number(count),
    seed: Number(take('seed') ?? 1),
    cold: rest.includes('cold'),
    fence: fenceOf(take('fence')),
    clients: Number(take('clients') ?? 1),
    removesOnRewindFailure: take('removes-on-rewind-failure') === true,
    removesOnDivergence: take('removes-on-divergence') === true,
  };
  const tags: Record<string, Tags> = {};
  const config: Record<string, unknown> = { ttl: 30, loop_wait: 10, retry_timeout: 10 };
  for (const [key, value] of pairs) {
    if (key.startsWith('tags.')) tags[key.slice('tags.'.length)] = value as Tags;
    else set(config, ...(SHORT[key]?.(value) ?? ([key, value] as [string, unknown])));
  }
  return { ...world, tags, config };
}

/** `off` is a word of its own here. */
function fenceOf(value: unknown): Node['fence'] {
  if (value === undefined || value === 'required') return 'required';
  if (value === false || value === 'preferred') return value === false ? 'off' : value;
  throw new Error(`no such fence: ${value}`);
}

function pair(word: string): [string, unknown] {
  const at = word.indexOf('=');
  if (at < 0) throw new Error(`not key=value: ${word}`);
  return [word.slice(0, at), settingOf(word.slice(at + 1))];
}

function settingOf(text: string): unknown {
  if (text === 'on') return true;
  if (text === 'off') return false;
  return /^([\d{["-]|true$|false$|null$)/.test(text) ? JSON.parse(text) : text;
}

function set(target: Record<string, unknown>, key: string, value: unknown): void {
  const [first = '', ...rest] = key.split('.');
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const below = { ...(target[first] as Record<string, unknown> | undefined) };
  set(below, rest.join('.'), value);
  target[first] = below;
}
