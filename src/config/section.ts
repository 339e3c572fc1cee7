import { Refusal } from '../model/errors.ts';
import { isRecord, type Json } from '../model/json.ts';
import { printable } from '../system/text.ts';

/** A map inside the configuration: its values are checked when they are asked for. */
export class Section {
  /** Dotted name, as messages call it: `ctl.authentication`. */
  readonly name: string;
  private readonly values: Readonly<Record<string, Json>>;

  constructor(name: string, values: Readonly<Record<string, Json>>) {
    this.name = name;
    this.values = values;
  }

  /** The value as it is; undefined when it is absent, `null`, empty text or an empty map or list. */
  get(key: string): Json | undefined {
    const value = Object.hasOwn(this.values, key) ? this.values[key] : undefined;
    if (value === undefined || value === null || value === '') return undefined;
    return typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value;
  }

  /** True when the key is there with any value but `null`. */
  has(key: string): boolean {
    return Object.hasOwn(this.values, key) && this.values[key] !== null;
  }

  /** Text, or a number, which becomes text as in Patroni. */
  text(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    throw this.wrong(key, 'must be text');
  }

  /** Text of a secret: Patroni formats whatever is there, so `yes` without quotes is `True`. */
  secret(key: string): string | undefined {
    const value = this.get(key);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return this.text(key);
  }

  /** A TCP port, as a number or as digits. */
  port(key: string): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const port = parsePort(text);
    if (port === undefined) throw this.wrong(key, 'must be a port number (1 to 65535)');
    return port;
  }

  /** A boolean in any of Patroni's spellings; false when it is absent. */
  flag(key: string): boolean {
    const value = this.get(key);
    if (value === undefined) return false;
    const flag = typeof value === 'object' ? undefined : yesOrNo(String(value));
    if (flag === undefined) throw this.wrong(key, 'must be true or false');
    return flag;
  }

  /** A map below; undefined when it is absent or empty. */
  section(key: string): Section | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw this.wrong(key, 'must be a map (key: value)');
    return new Section(this.nameOf(key), value as Readonly<Record<string, Json>>);
  }

  /** A refusal about one key; the sentence goes on after the key's name. */
  wrong(key: string, why: string): Refusal {
    return new Refusal('bad-config', `${printable(this.nameOf(key))} in the configuration ${why}`);
  }

  private nameOf(key: string): string {
    return this.name === '' ? key : `${this.name}.${key}`;
  }
}

/** The number of a TCP port; undefined when the text is none. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** A boolean in one of the spellings that Patroni takes (utils.py, `parse_bool`). */
export function yesOrNo(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (['on', 'true', 'yes', '1'].includes(word)) return true;
  return ['off', 'false', 'no', '0'].includes(word) ? false : undefined;
}
