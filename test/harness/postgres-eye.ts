import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresView } from '../../src/model/postgres.ts';
import { parseSyncNames } from '../../src/model/sync-names.ts';
import { readUpstream } from '../../src/postgres/conf/postgresql-conf.ts';
import { Markers } from '../../src/postgres/markers.ts';
import { type Configured, Observer } from '../../src/postgres/observe/observer.ts';
import { readPidFile } from '../../src/postgres/postmaster.ts';
import { LocalSession, localTarget, type SessionTarget } from '../../src/postgres/session.ts';
import type { TestServer } from './postgres.ts';

/** An observer of a test's server, without the rest of an agent. */
export interface Eye {
  readonly session: LocalSession;
  readonly markers: Markers;
  /** What it complained of. */
  readonly said: string[];
  readonly target: () => Promise<SessionTarget>;
  look(): Promise<PostgresView>;
  close(): void;
}

function configured(dataDir: string): Configured {
  return {
    pendingRestart: () => ({ max_connections: { oldValue: '100', newValue: '200' } }),
    upstream: async () => {
      const upstream = readUpstream(await readFile(join(dataDir, 'postgresql.auto.conf'), 'utf8'));
      return upstream && { ...upstream, name: 'pg1' };
    },
    syncNames: parseSyncNames,
  };
}

/** Looks at this server, or at another data directory with its programs. */
export function eyeOn({ config, directory }: TestServer, dataDir = config.dataDir): Eye {
  const said: string[] = [];
  const markers = new Markers(join(directory, 'state'));
  const target = async (): Promise<SessionTarget> => {
    const file = await readPidFile(dataDir);
    if (file === undefined) throw new Error('there is no server');
    return localTarget(config, file);
  };
  const session = new LocalSession({ target, onLost: () => {} });
  const observer = new Observer({
    config: () => ({ ...config, dataDir }),
    session,
    markers,
    configured: configured(dataDir),
    hidden: () => false,
    log: (line) => said.push(line),
  });
  const close = (): void => session.close();
  return { session, markers, said, target, look: () => observer.observe(), close };
}
