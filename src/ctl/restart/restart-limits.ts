import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * `--timeout` of a restart as Patroni reads it, in milliseconds: seconds, or a number with one of
 * PostgreSQL's units (`ms s min h d`). Refuses what the member would refuse.
 */
export function startTimeoutMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parts = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)?\s*$/.exec(text);
  const milliseconds = Number(parts?.[1] ?? 0) * (UNITS[parts?.[2] ?? 's'] ?? 0);
  if (milliseconds > 0) return milliseconds;
  throw new Refusal('bad-timeout', 'Timeout should be a positive number of seconds', {
    hint: `--timeout was ${printable(text)}; 60, 90s and 5min are such`,
    usage: true,
  });
}

/** `--pg-version`, checked: `X.Y`, or `X.Y.Z` before 10. An empty text means no condition. */
export function postgresVersion(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = text.split('.');
  if (!parts.every((part) => /^\d{1,4}$/.test(part))) {
    throw new Refusal('bad-version', `Invalid PostgreSQL version: ${printable(text)}`);
  }
  const short = parts.length < 2 || (parts.length === 2 && Number(parts[0]) < 10);
  if (!short && parts.length <= 3) return text;
  throw new Refusal(
    'bad-version',
    `Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: ${printable(text)}`,
  );
}
