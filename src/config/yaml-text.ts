import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { isRecord, type Json, WholeFloat } from '../model/json.ts';
import { pythonNumber } from '../model/python.ts';
import { plainScalar, taggedScalar } from './yaml-scalars.ts';

/** Text that is not YAML, or YAML that a configuration cannot be. Lines and columns start at 1. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly line: number;
  readonly column: number;

  constructor(source: string, reason: string, place: { line: number; column: number }) {
    super(`${source} is not valid YAML: line ${place.line}, column ${place.column}: ${reason}`);
    this.reason = reason;
    this.line = place.line;
    this.column = place.column;
  }
}

const YAML_TAG = 'tag:yaml.org,2002:';
/** How many values aliases may stand for, all together: a "billion laughs" ends here. */
const MAX_ALIASED = 10_000;
const MAX_DEPTH = 200;
const TOO_DEEP = 'it is nested too deeply';
/** PyYAML refuses these characters everywhere. */
const NOT_YAML =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * Reads one YAML document as PyYAML's `safe_load` does (YAML 1.1; see `yaml-scalars.ts`): merge
 * keys are resolved, the last of two equal keys wins, keys become text as in Python's
 * `json.dumps`, dates stay text, nothing at all is `null`. Throws `YamlError`, with `source` (say,
 * a file's name) as the subject of its sentence; tags that would make objects, and alias bombs,
 * are refused.
 */
export function parseYaml(text: string, options: { source: string }): Json {
  const lines = new LineCounter();
  const fail: Fail = (reason, offset) => {
    const { line, col } = lines.linePos(offset);
    return new YamlError(options.source, reason, { line: Math.max(line, 1), column: col });
  };
  const document = parseDocument(text, {
    version: '1.1',
    // All scalars as text: what they mean is decided here, not by the package.
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  if (error) throw fail(plainWords(error), error.pos[0]);
  // After parsing, so that the counter knows the lines.
  const bad = NOT_YAML.exec(text);
  if (bad) throw fail('control characters are not allowed', bad.index);
  return new Builder(fail).value(document.contents, 0);
}

type Fail = (reason: string, offset: number) => YamlError;

/** The parser's words, or better ones where its own would puzzle. */
function plainWords(error: { code: string; message: string }): string {
  if (error.code === 'MULTIPLE_DOCS') return 'there is more than one document';
  if (error.code === 'RESOURCE_EXHAUSTION') return TOO_DEEP;
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') {
    return 'a key inside a value on the same line (is an indent wrong, or are quotes missing?)';
  }
  const [first = ''] = error.message.split('\n');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`.replace(/[.:]$/, '');
}

/** Turns the parser's nodes into plain data. It remembers anchors, and how much aliases made. */
class Builder {
  private readonly anchors = new Map<string, Node>();
  private readonly built = new Map<Node, { value: Json; size: number }>();
  private total = 0;
  private aliased = 0;
  private readonly fail: Fail;

  constructor(fail: Fail) {
    this.fail = fail;
  }

  value(node: unknown, depth: number): Json {
    if (isAlias(node)) return this.alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (depth > MAX_DEPTH) throw this.fail(TOO_DEEP, offsetOf(node));
    if (node.anchor) this.anchors.set(node.anchor, node);
    const before = this.total++;
    let value: Json;
    if (isScalar(node)) value = this.scalar(node);
    else if (isMap(node)) value = this.map(node, depth);
    else value = this.list(node, depth);
    if (node.anchor) this.built.set(node, { value, size: this.total - before });
    return value;
  }

  private alias(node: Node & { source: string }): Json {
    const target = this.anchors.get(node.source);
    const known = target && this.built.get(target);
    if (!known) {
      const why = target ? 'refers to itself' : 'has no anchor before it';
      throw this.fail(`the alias *${node.source} ${why}`, offsetOf(node));
    }
    this.aliased += known.size;
    this.total += known.size;
    if (this.aliased > MAX_ALIASED) throw this.fail('aliases repeat too much', offsetOf(node));
    return known.value;
  }

  private scalar(node: Node & { source?: string; type?: unknown; value: unknown }): Json {
    const text = node.source ?? String(node.value ?? '');
    const tag = node.tag;
    if (!tag || tag === '!') return node.type === 'PLAIN' ? plainScalar(text) : text;
    this.refuseTag(node, ['str', 'int', 'float', 'bool', 'null', 'timestamp']);
    const value = taggedScalar(tag.slice(YAML_TAG.length), text);
    if (value === undefined) throw this.fail(`"${text}" does not fit its tag`, offsetOf(node));
    return value;
  }

  private list(node: Node & { items: readonly unknown[] }, depth: number): Json {
    this.refuseTag(node, ['seq']);
    return node.items.map((item) => this.value(item, depth + 1));
  }

  private map(node: YAMLMap, depth: number): Json {
    this.refuseTag(node, ['map']);
    const merged: [string, Json][] = [];
    const own: [string, Json][] = [];
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.type === 'PLAIN' && key.source === '<<' && !key.tag) {
        merged.push(...this.mergedEntries(key, this.value(value, depth + 1)));
      } else {
        own.push([this.key(key, depth), this.value(value, depth + 1)]);
      }
    }
    // Not assignments: a key `__proto__` must be a key like any other.
    return Object.fromEntries([...merged, ...own]);
  }

  /** What `<<: value` puts in; of several maps the first wins. */
  private mergedEntries(key: Node, value: Json): [string, Json][] {
    const maps = Array.isArray(value) ? value.toReversed() : [value];
    return maps.flatMap((map) => {
      if (!isPlainMap(map)) throw this.fail('<< needs a map, or a list of maps', offsetOf(key));
      return Object.entries(map);
    });
  }

  private key(node: unknown, depth: number): string {
    const key = this.value(node, depth + 1);
    if (typeof key === 'number' || key instanceof WholeFloat) return pythonNumber(key);
    if (key !== null && typeof key === 'object') {
      throw this.fail('a list or a map cannot be a key', isNode(node) ? offsetOf(node) : 0);
    }
    return String(key);
  }

  private refuseTag(node: Node, allowed: readonly string[]): void {
    const { tag } = node;
    if (!tag || tag === '!' || allowed.some((name) => tag === YAML_TAG + name)) return;
    const name = tag.startsWith(YAML_TAG) ? `!!${tag.slice(YAML_TAG.length)}` : tag;
    throw this.fail(`the tag ${name} is not allowed here`, offsetOf(node));
  }
}

function isPlainMap(value: Json | undefined): value is { readonly [key: string]: Json } {
  return isRecord(value);
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
