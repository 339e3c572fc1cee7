import { isRecord, type Json } from '../model/json.ts';

/** Keys whose values nobody may see, as Patroni's files have them. */
const SECRET_KEY = /password|passwd|passphrase|secret|^token$|^auth_data$/i;
/** Keys that only sound so: commands and file names. */
const NO_SECRET = /command$|file$|encryption$/i;

/** The passwords and tokens in a configuration, as text; empty ones are none. */
export function secretsIn(config: Json): string[] {
  return leaves(config, false).flatMap(({ secret, text }) => (secret ? [text] : []));
}

/**
 * The secrets that can be blanked out wherever they turn up: not those that are the name of
 * something as well (user `postgres`, password `postgres`), for then a log without them would say
 * nothing, and tell the password at that.
 */
export function recognizableSecrets(config: Json): string[] {
  const all = leaves(config, false);
  const names = new Set(all.flatMap(({ secret, text }) => (secret ? [] : [text.toLowerCase()])));
  const secrets = all.flatMap(({ secret, text }) => (secret ? [text] : []));
  return [...new Set(secrets)].filter(
    (text) => text.length >= SHORTEST && !names.has(text.toLowerCase()),
  );
}

/** Shorter ones are parts of too many words. */
const SHORTEST = 4;

interface Leaf {
  readonly secret: boolean;
  readonly text: string;
}

function leaves(value: Json, secret: boolean): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => leaves(item, secret));
  if (isRecord(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      leaves(item as Json, secret || (SECRET_KEY.test(key) && !NO_SECRET.test(key))),
    );
  }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return text === '' ? [] : [{ secret, text }];
}
