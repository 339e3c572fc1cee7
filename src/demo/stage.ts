import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Session } from '../ctl/session.ts';
import { openStore } from '../dcs/open.ts';
import { type ServedStore, serveStore } from '../embedded/server/serve.ts';
import type { ClusterView } from '../model/cluster.ts';
import { Refusal } from '../model/errors.ts';
import { parseSnapshot } from '../wire/snapshot.ts';
import { Agents } from './agents.ts';
import { startCleaner } from './cleaner.ts';
import { findPostgres } from './find-postgres.ts';
import { freePorts } from './free-ports.ts';
import { configFile, configText, type Plan, planNodes, SCOPE } from './plan.ts';
import { isOpen, ownProgram, type Program, programFor } from './program.ts';
import { type RunAs, serverUser } from './run-as.ts';
import { Writer } from './writer.ts';

/** What a stage is made for. */
export interface StageOptions {
  readonly nodes: number;
  readonly sync: boolean;
  /** A directory that is not there yet; undefined: a temporary one. */
  readonly directory: string | undefined;
  /** The directory stays at the end. */
  readonly keep: boolean;
  readonly binDir: string | undefined;
}

/** Milliseconds that one question to the store may take. */
const CALL_TIMEOUT_MS = 3000;

/** A cluster on this machine: store, agents, and the client that writes. Nothing runs at first. */
export interface Stage {
  readonly plan: Plan;
  readonly agents: Agents;
  readonly writer: Writer;
  /** This pgherd, for whoever plays on the stage. */
  readonly program: Program;
  /** The user of the servers; undefined: that of this process. */
  readonly user: RunAs | undefined;
  view(): Promise<ClusterView>;
}

/**
 * Builds a stage, lets `play` use it, and takes all of it away again, however `play` ends: no
 * process and, unless it is to be kept, no directory stays. That holds for this process being
 * killed, too. Rejects with a `Refusal` when something that is needed is not there.
 */
export async function onStage<T>(
  session: Session,
  options: StageOptions,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const binDir = findPostgres(options.binDir, process.env.PATH);
  const program = ownProgram();
  const user = serverUser();
  const directory = makeDirectory(options.directory, user);
  const cleaner = startCleaner(directory, options.keep);
  let store: ServedStore | undefined;
  try {
    store = await serveStore(session.clock, { host: '127.0.0.1', port: 0 });
    const plan: Plan = {
      directory,
      binDir,
      store: `127.0.0.1:${store.port}`,
      nodes: planNodes(options.nodes, await freePorts(options.nodes * 2)),
      sync: options.sync,
      password: randomBytes(12).toString('hex'),
    };
    writeConfigs(plan, user);
    const made = { plan, user, program: programFor(program, user, directory) };
    return await open(session, made, play);
  } finally {
    await cleaner.clean();
    await store?.close();
  }
}

async function open<T>(
  session: Session,
  made: Pick<Stage, 'plan' | 'user' | 'program'>,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { clock, connectSql: connect, signal, io } = session;
  const { plan } = made;
  const tls = { insecure: false };
  const store = await openStore(
    {
      namespace: '/service',
      store: { kind: 'etcd3', hosts: [plan.store], protocol: 'http', useProxies: true, tls },
    },
    { callTimeoutMs: CALL_TIMEOUT_MS, warn: (text) => io.warn(text), readFile },
  );
  const done = new AbortController();
  const end = (): void => done.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await play({
      ...made,
      agents: new Agents(made),
      writer: new Writer({ plan, clock, connect, signal: done.signal }),
      view: async () => parseSnapshot(SCOPE, await store.cluster(SCOPE).read()),
    });
  } finally {
    signal.removeEventListener('abort', end);
    done.abort();
    await store.close();
  }
}

function makeDirectory(wanted: string | undefined, user: RunAs | undefined): string {
  const directory = wanted === undefined ? mkdtempSync(temporaryName(user)) : resolve(wanted);
  if (wanted !== undefined) {
    if (existsSync(directory)) {
      throw new Refusal('directory-exists', `${directory} is there already`, {
        hint: 'name a directory that is not there yet: the demo makes it, and removes it',
      });
    }
    checkReachable(dirname(directory), user);
    mkdirSync(directory, { mode: 0o700 });
  }
  chmodSync(directory, 0o700);
  if (user) chownSync(directory, user.uid, user.gid);
  return directory;
}

/** root's own temporary directory may be closed to others. */
function temporaryName(user: RunAs | undefined): string {
  const place = user && !isOpen(tmpdir()) ? '/tmp' : tmpdir();
  return join(place, 'pgherd-demo-');
}

function checkReachable(parent: string, user: RunAs | undefined): void {
  if (!existsSync(parent)) {
    throw new Refusal('no-directory', `There is no directory ${parent}`, {
      hint: '--dir makes the last part of its path only',
    });
  }
  if (user && !isOpen(parent)) {
    throw new Refusal('closed-directory', `The user ${user.name} cannot get to ${parent}`, {
      hint: 'PostgreSQL does not run as root: choose a --dir below one that is open, as /tmp is',
    });
  }
}

function writeConfigs(plan: Plan, user: RunAs | undefined): void {
  for (const node of plan.nodes) {
    const file = configFile(plan, node.name);
    writeFileSync(file, configText(plan, node), { mode: 0o600 });
    if (user) chownSync(file, user.uid, user.gid);
  }
}
