import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownCluster, Recollection } from '../agent/ports.ts';
import type { SessionMemory } from '../dcs/agent-dcs.ts';
import type { Document } from '../dcs/dcs.ts';
import { isRecord, type Json } from '../model/json.ts';
import { present } from '../model/present.ts';
import { writeDurably } from '../system/durable-file.ts';
import { compactJson, parseRecord } from '../wire/json-text.ts';
import { parseKey } from '../wire/keys.ts';

/** Whose state it is, where it is, and who is told when it cannot be used. */
export interface StateContext {
  readonly stateDir: string;
  readonly scope: string;
  readonly name: string;
  readonly warn: (message: string) => void;
}

/** Changes when files of an older pgherd cannot be understood any more. */
const FORMAT = 1;

/**
 * What was known of the cluster, in `cluster.json`. What is of another cluster or member, or makes
 * no sense, counts as nothing, with a warning; what cannot be written is a warning as well: the
 * agent after this one then knows less, and nothing worse.
 */
export function fileRecollection(context: StateContext): Recollection {
  const file = new StateFile('cluster.json', context);
  return {
    load() {
      const content = file.read();
      const known = content && knownCluster(content);
      if (content && !known) file.warn('makes no sense');
      return known;
    },
    keep: ({ documents, revision, identity }) => file.write({ documents, revision, identity }),
  };
}

/** The id of the session with the store, in `session.json`; the same rules. */
export function fileSessionMemory(context: StateContext): SessionMemory {
  const file = new StateFile('session.json', context);
  return {
    load() {
      const content = file.read();
      if (content === undefined) return undefined;
      if (typeof content.id === 'string' && content.id !== '') return content.id;
      file.warn('makes no sense');
      return undefined;
    },
    keep: (id) => file.write({ id }),
  };
}

type Content = Readonly<Record<string, Json>>;

/** A small file of JSON that knows whose it is. */
class StateFile {
  readonly #path: string;
  readonly #context: StateContext;

  constructor(name: string, context: StateContext) {
    this.#path = join(context.stateDir, name);
    this.#context = context;
  }

  warn(why: string): void {
    this.#context.warn(`${this.#path} is ignored: it ${why}`);
  }

  read(): Content | undefined {
    const text = this.#readText();
    const content = text === undefined ? undefined : parseRecord(text);
    if (text === undefined) return undefined;
    const { scope, name } = this.#context;
    if (content?.format !== FORMAT) this.warn('makes no sense');
    else if (content.scope === scope && content.name === name) return content;
    else this.warn(`is of ${String(content.name)} in the cluster ${String(content.scope)}`);
    return undefined;
  }

  write(content: object): void {
    const { scope, name } = this.#context;
    const text = `${compactJson({ format: FORMAT, scope, name, ...content })}\n`;
    this.#attempt('cannot be written', () => writeDurably(this.#path, text));
  }

  #readText(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.warn(`cannot be read: ${error}`);
      return undefined;
    }
  }

  #attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#context.warn(`${this.#path} ${what}: ${String(error)}`);
    }
  }
}

function knownCluster(content: Content): KnownCluster | undefined {
  const { documents, revision, identity } = content;
  if (!Array.isArray(documents) || typeof revision !== 'number') return undefined;
  const understood = documents.map((item: Json) => documentOf(item));
  if (!understood.every((document) => document !== undefined)) return undefined;
  if (identity !== undefined && typeof identity !== 'string') return undefined;
  return { documents: understood, revision, ...present({ identity }) };
}

function documentOf(item: Json): Document | undefined {
  if (!isRecord(item)) return undefined;
  const { value, version, group } = item;
  const name = typeof item.name === 'string' ? parseKey(item.name)?.name : undefined;
  if (name === undefined || name !== item.name) return undefined;
  if (typeof value !== 'string' || typeof version !== 'string') return undefined;
  if (group !== undefined && typeof group !== 'number') return undefined;
  return { name, value, version, ...present({ group }) };
}
