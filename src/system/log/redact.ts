const HIDDEN = '***';

/** `password=x`, `password='a b'`, `"password": "x"`, in any case and for all that ends so. */
const NAME = /(?:password|passwd|passphrase|secret)["']?\s*[=:]\s*/;
const VALUE = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&"')}\]]+/;
const ASSIGNMENT = new RegExp(`(${NAME.source})(?:${VALUE.source})`, 'gi');
/** `scheme://user:password@host`, where the password may have an `@` as well. */
const USERINFO = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/]*(?=@)/gi;
/** `Authorization: Basic …`. */
const AUTHORIZATION = /(authorization["']?\s*[:=]\s*["']?(?:basic|bearer)\s+)[^\s"']+/gi;

/**
 * A function that hides secrets in text: these values wherever they stand, and what looks like the
 * password of a connection string, of a URL or of a header.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // Longer ones first: one may be a part of another.
  const values = [...secrets].sort((one, other) => other.length - one.length).map(escapeRegExp);
  const known = values.length > 0 ? new RegExp(values.join('|'), 'g') : undefined;
  return (text) => {
    const without = known ? text.replace(known, HIDDEN) : text;
    return without
      .replace(ASSIGNMENT, `$1${HIDDEN}`)
      .replace(USERINFO, `$1${HIDDEN}`)
      .replace(AUTHORIZATION, `$1${HIDDEN}`);
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
