import type { Source } from './postgres.ts';

/** Where a server listens; several hosts are separated by commas. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const URL =
  /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?(?:\[([0-9a-f:.]+)\]|([^/?#@:[\]]+))(?::(\d+))?(?:[/?#]|$)/i;

/**
 * Host and port of a source, and nothing else of its URL: a member's document is written by others,
 * and further parts of a connection string (`options`, `passfile`, `service`) could do anything.
 * Undefined when there is no sensible host in it.
 */
export function sourceAddress({ connUrl }: Source): ServerAddress | undefined {
  const [, bracketed, name, digits] = URL.exec(connUrl) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits ?? 5432);
  if (host === undefined || port < 1 || port > 65535) return undefined;
  const strange = [...host].some((character) => character <= ' ' || /['"\\]/.test(character));
  return strange ? undefined : { host: host.toLowerCase(), port };
}
