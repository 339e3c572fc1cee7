import type { CtlSettings } from '../../../src/config/settings.ts';
import type { Session } from '../../../src/ctl/session.ts';
import type { Dcs, Document, Guard, Store } from '../../../src/dcs/dcs.ts';
import { Refusal } from '../../../src/model/errors.ts';
import { type SqlConnect, SqlError } from '../../../src/postgres/sql.ts';
import type {
  MemberApi,
  RestMethod,
  RestReply,
  RestRequest,
} from '../../../src/rest/member-api.ts';
import type { Clock } from '../../../src/system/clock.ts';
import type { Question } from '../../../src/system/prompt.ts';
import type { DocumentName } from '../../../src/wire/keys.ts';

/** Answers a REST call of a test: a reply, or a thrown `RestError`. */
export type RestHandler = (
  member: string,
  method: RestMethod,
  request: RestRequest,
) => RestReply | Promise<RestReply>;

export interface FakeOptions {
  /** Documents of the one cluster, name → text. Changed in place by writes. */
  documents?: Record<string, string>;
  rest?: RestHandler;
  /** Answers to the prompts, in order; a missing one fails the test with a Refusal. */
  answers?: (string | boolean)[];
  settings?: Partial<CtlSettings>;
  /** Answers connections to PostgreSQL; without it none can be made. */
  connectSql?: SqlConnect;
  json?: boolean;
  color?: boolean;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Called at each `sleep`, with the time that has passed: where a test lets the world move. */
  onSleep?: (monotonicMs: number) => void;
  /** Another clock than the one on which every sleeper moves the time by itself. */
  makeClock?: (onSleep?: (monotonicMs: number) => void) => Clock;
}

/** A session without a world: everything it was asked and told is kept for the test to see. */
export interface FakeSession extends Session {
  readonly stdout: string[];
  readonly stderr: string[];
  readonly warnings: string[];
  readonly questions: Question[];
  readonly calls: { member: string; method: RestMethod; path: string; body: unknown }[];
  readonly documents: Map<string, { value: string; version: string }>;
}

export function fakeSession(options: FakeOptions = {}): FakeSession {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const warnings: string[] = [];
  const questions: Question[] = [];
  const calls: FakeSession['calls'] = [];
  const documents = new Map<string, { value: string; version: string }>();
  let revision = 0;
  for (const [name, value] of Object.entries(options.documents ?? {})) {
    documents.set(name, { value, version: String(++revision) });
  }
  const dcs = fakeDcs(documents, () => String(++revision));
  const answers = [...(options.answers ?? [])];
  const answer = (question: Question): string | boolean => {
    questions.push(question);
    const next = answers.shift();
    if (next === undefined) {
      throw new Refusal('no-terminal', `no answer to "${question.message}"`, {
        hint: `pass ${question.flag}`,
      });
    }
    return next;
  };
  const rest: MemberApi = {
    async request(member, method, request) {
      calls.push({ member: member.name, method, path: request.path, body: request.body });
      if (!options.rest) throw new Error(`unexpected REST call to ${member.name}`);
      return options.rest(member.name, method, request);
    },
    close: async () => {},
  };
  const store: Store = {
    cluster: () => dcs,
    readAll: async () => new Map([['demo', await dcs.read()]]),
    close: async () => {},
  };
  return {
    stdout,
    stderr,
    warnings,
    questions,
    calls,
    documents,
    settings: { ...fakeSettings(), ...options.settings },
    io: {
      out: (text) => void stdout.push(text),
      err: (text) => void stderr.push(text),
      warn: (text) => void warnings.push(text),
      raw: (text) => void stdout.push(text),
      interactive: options.answers !== undefined,
      stdoutIsTerminal: false,
      stderrColumns: undefined,
      color: options.color ?? false,
      json: options.json ?? false,
      outputClosed: false,
    },
    clock: (options.makeClock ?? fakeClock)(options.onSleep),
    prompt: {
      text: async (question) => {
        const given = String(answer(question));
        return given === '' ? (question.initial ?? '') : given;
      },
      confirm: async (question) => answer(question) === true,
      password: async (question) => String(answer(question)),
    },
    signal: options.signal ?? new AbortController().signal,
    env: options.env ?? {},
    store: async () => store,
    dcs: async () => dcs,
    rest: async () => rest,
    screen: async () => {
      throw new Error('there is no screen in this test');
    },
    connectSql: options.connectSql ?? refuseSql,
  };
}

/**
 * Makes the documents those of Citus group 0: read without a group they say so. Returns the groups
 * below which something was written.
 */
export function inGroups(session: FakeSession): { readonly writes: (number | undefined)[] } {
  const writes: (number | undefined)[] = [];
  const { dcs } = session;
  session.dcs = async (scope, group) => {
    const inner = await dcs(scope, group);
    return {
      ...inner,
      async read() {
        const documents = await inner.read();
        return group === undefined ? documents.map((one) => ({ ...one, group: 0 })) : documents;
      },
      write(name, value, guard) {
        writes.push(group);
        return inner.write(name, value, guard);
      },
    };
  };
  return { writes };
}

const refuseSql: SqlConnect = async () => {
  throw new SqlError('connection refused', undefined);
};

function fakeSettings(): CtlSettings {
  const tls = { insecure: false };
  return {
    scope: 'demo',
    namespace: '/service',
    store: {
      kind: 'etcd3',
      hosts: ['127.0.0.1:2379'],
      protocol: 'http',
      useProxies: false,
      tls,
    },
    rest: { tls },
    sources: ['test'],
    raw: {},
    exposed: [],
    warnings: [],
    callTimeoutMs: 5000,
  };
}

function fakeClock(onSleep?: (ms: number) => void): Clock {
  let ms = 0;
  return {
    now: () => new Date(Date.UTC(2026, 0, 1, 12, 0, 0) + ms),
    monotonic: () => ms,
    async sleep(duration, signal) {
      signal?.throwIfAborted();
      ms += duration;
      onSleep?.(ms);
      signal?.throwIfAborted();
    },
  };
}

function fakeDcs(
  documents: Map<string, { value: string; version: string }>,
  nextVersion: () => string,
): Dcs {
  const holds = (name: DocumentName, guard: Guard): boolean =>
    guard === 'any' ||
    (guard === 'absent' ? !documents.has(name) : documents.get(name)?.version === guard.version);
  return {
    async read(): Promise<Document[]> {
      return [...documents].map(([name, document]) => ({
        name: name as DocumentName,
        ...document,
      }));
    },
    async write(name, value, guard) {
      if (!holds(name, guard)) return 'conflict';
      documents.set(name, { value, version: nextVersion() });
      return 'done';
    },
    async remove(name, guard) {
      if (!holds(name, guard)) return 'conflict';
      documents.delete(name);
      return 'done';
    },
    async removeAll() {
      const count = documents.size;
      documents.clear();
      return count;
    },
  };
}
