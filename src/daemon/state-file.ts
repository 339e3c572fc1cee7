import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../model/json.ts';
import { writeDurably } from '../system/durable-file.ts';
import { compactJson, parseRecord } from '../wire/json-text.ts';

/** Whose state it is, where it is, and who is told when it cannot be used. */
export interface StateContext {
  readonly stateDir: string;
  readonly scope: string;
  readonly name: string;
  readonly warn: (message: string) => void;
}

/** What is in a file, besides whose it is. */
export type Content = Readonly<Record<string, Json>>;

/** Changes when files of an older pgherd cannot be understood any more. */
const FORMAT = 1;

/**
 * A small file of JSON that knows whose it is. What is of another cluster or member, or makes no
 * sense, counts as nothing, with a warning; what cannot be written is a warning as well.
 */
export class StateFile {
  readonly path: string;
  readonly #context: StateContext;

  constructor(name: string, context: StateContext) {
    this.path = join(context.stateDir, name);
    this.#context = context;
  }

  warn(why: string): void {
    this.#context.warn(`${this.path} is ignored: it ${why}`);
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
    this.attempt('cannot be written', () => writeDurably(this.path, text));
  }

  /** Does something with the file; what the file system has against it is a warning. */
  attempt<T>(what: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#context.warn(`${this.path} ${what}: ${String(error)}`);
      return undefined;
    }
  }

  #readText(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.warn(`cannot be read: ${error}`);
      return undefined;
    }
  }
}
