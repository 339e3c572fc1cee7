import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** A name server that takes longer than this is not waited for, where an answer is known. */
const PATIENCE_MS = 1000;

/** How the system answers: one address, or all of them where `all` was asked for. */
interface Answer {
  readonly address: string | LookupAddress[];
  readonly family: number | undefined;
}

type Ask = (host: string, options: LookupOptions) => Promise<Answer>;

/**
 * Looks names up as Node does, and keeps the last answer for the time when the name server fails or
 * is silent: the store must not be lost with it. A name is asked for only once at a time, since
 * each question that hangs keeps one of Node's few threads busy.
 */
export function rememberingLookup(ask: Ask = askSystem, patienceMs = PATIENCE_MS): LookupFunction {
  const known = new Map<string, Answer>();
  const asking = new Map<string, Promise<Answer>>();

  function freshAnswer(key: string, host: string, options: LookupOptions): Promise<Answer> {
    const running = asking.get(key);
    if (running) return running;
    const question = ask(host, options)
      .then((answer) => {
        known.set(key, answer);
        return answer;
      })
      .finally(() => asking.delete(key));
    asking.set(key, question);
    return question;
  }

  return (host, options, callback) => {
    const key = `${host} ${String(options.family ?? 0)} ${String(options.all ?? false)}`;
    const fresh = freshAnswer(key, host, options);
    const before = known.get(key);
    const answer = before ? firstOf(fresh, before, patienceMs) : fresh;
    answer.then(
      ({ address, family }) => callback(null, address, family),
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function firstOf(fresh: Promise<Answer>, known: Answer, patienceMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(known), patienceMs);
    fresh.then(resolve, () => resolve(known)).finally(() => clearTimeout(timer));
  });
}

function askSystem(host: string, options: LookupOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    systemLookup(host, options, (error, address: string | LookupAddress[], family?: number) => {
      if (error) reject(error);
      else resolve({ address, family });
    });
  });
}
