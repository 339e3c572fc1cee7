import type { ValueChange } from '../../model/member.ts';
import type { PostgresView, SyncNames } from '../../model/postgres.ts';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import type { Upstream } from '../conf/recovery-settings.ts';
import { SqlTimeout } from '../connect.ts';
import type { Markers } from '../markers.ts';
import { isSameDirectory, type Postmaster } from '../postmaster.ts';
import { programVersion } from '../programs.ts';
import { type LocalSession, localTarget } from '../session.ts';
import type { SqlError } from '../sql.ts';
import { replayNeedsRestart } from './blocked-replay.ts';
import { type DirectoryContent, inTime } from './directory.ts';
import { FilesSight } from './files-sight.ts';
import { ALONE, followedByFiles, followedInEffect } from './followed.ts';
import { ProcessSight } from './process-sight.ts';
import { lookOf, lookQuery } from './queries.ts';
import { replayTimeline } from './replay-timeline.ts';
import { type RunningView, runningView } from './running.ts';

/** What the configuration files say, by who writes them. */
export interface Configured {
  /** Parameters whose values wait for a restart. */
  pendingRestart(): Readonly<Record<string, ValueChange>>;
  /** Where the files say that a standby streams from; undefined: from nowhere. */
  upstream(): Promise<Upstream | undefined>;
  /** What `synchronous_standby_names` means. */
  syncNames(text: string): SyncNames;
}

export interface Surroundings {
  readonly config: () => PostgresConfig;
  readonly session: LocalSession;
  readonly markers: Markers;
  readonly configured: Configured;
  /** A server that a job has for itself, and nobody else can connect to: it counts as stopped. */
  readonly hidden: () => boolean;
  readonly log: (line: string) => void;
}

/** Until a server that runs must have answered. */
const ANSWER_MS = 1500;
/** A session that somebody ended just when it was asked is opened again at once. */
const TRIES = 2;
const FILES_MS = 1000;
const CANNOT_CONNECT_NOW = '57P03';

type Answer = RunningView | 'starting' | 'silent';

/** Looks at this node's PostgreSQL. */
export class Observer {
  readonly #around: Surroundings;
  readonly #process = new ProcessSight();
  readonly #files = new FilesSight();
  /** The last view of a server that answered, and which server that was. */
  #answered: { readonly by: Postmaster; readonly view: PostgresView } | undefined;
  #replayed: { readonly at: string; readonly timeline: number } | undefined;
  #ownDirectory = '';
  #problem = '';

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** The postmaster of the last look. */
  get postmaster(): Postmaster | undefined {
    return this.#process.last;
  }

  /**
   * One look. Never rejects, and takes a few seconds at the most. A server that runs is asked, in
   * one round trip; of one that cannot be asked, files and processes tell what they can.
   */
  async observe(): Promise<PostgresView> {
    const config = this.#around.config();
    const deadline = performance.now() + ANSWER_MS;
    for (let tries = 1; ; tries++) {
      // After each failure again: it may be about to end, or have ended.
      const postmaster = await this.#process.look(config);
      if (postmaster === undefined || this.#around.hidden()) {
        return this.#unasked(config, 'stopped');
      }
      const { status } = postmaster.pidFile;
      if (status === 'stopping') return this.#unasked(config, 'stopping');
      if (status !== 'ready') return this.#unasked(config, 'starting');
      const late = performance.now() >= deadline;
      if (tries > TRIES || late) return this.#silent(config, postmaster);
      const answer = await this.#ask(config, deadline);
      if (typeof answer === 'object') return this.#running(postmaster, answer);
      // It has been running, and recovers from the crash of one of its processes.
      if (answer === 'starting' && tries === TRIES) return this.#unasked(config, 'starting');
    }
  }

  async #ask(config: PostgresConfig, deadline: number): Promise<Answer> {
    const { session } = this.#around;
    try {
      const timeoutMs = Math.max(deadline - performance.now(), 1);
      const view = runningView(lookOf(await session.query(lookQuery, { timeoutMs })));
      if (await this.#isOwn(config, view.dataDirectory)) {
        this.#problem = '';
        return view;
      }
      session.close();
      this.#complain(`the server that answers has its data in ${view.dataDirectory}`);
    } catch (error) {
      const { sqlstate, message } = error as SqlError;
      if (sqlstate === CANNOT_CONNECT_NOW) return 'starting';
      this.#complain(error instanceof SqlTimeout ? 'no answer in time' : message);
    }
    return 'silent';
  }

  /** Two servers may be configured with one port. */
  async #isOwn({ dataDir }: PostgresConfig, told: string): Promise<boolean> {
    if (told === this.#ownDirectory) return true;
    const own = await inTime(isSameDirectory(told, dataDir), FILES_MS, false);
    if (own) this.#ownDirectory = told;
    return own;
  }

  async #running(by: Postmaster, seen: RunningView): Promise<PostgresView> {
    const { configured, config } = this.#around;
    const { conninfo: _, dataDirectory: __, leastTimeline, checkpointTimeline, ...rest } = seen;
    const { syncNames, ...told } = rest;
    const timeline = seen.timeline ?? (await this.#replayTimeline(by, seen)) ?? leastTimeline;
    const view: PostgresView = {
      ...told,
      dataDirectory: this.#marked('cluster'),
      state: 'running',
      answering: true,
      replayNeedsRestart: await this.#isBlocked(seen),
      timeline,
      history: await this.#files.history(config(), timeline),
      ...followedInEffect(seen, await this.#upstream()),
      syncNames: configured.syncNames(syncNames),
      backupLabel: false,
      checkpointedSincePromote: checkpointTimeline === timeline,
      pendingRestart: configured.pendingRestart(),
    };
    this.#answered = { by, view };
    return view;
  }

  /** A disk that hangs, or a file that cannot be read, is no reason to see nothing. */
  #upstream(): Promise<Upstream | undefined> {
    const told = this.#around.configured.upstream().catch(() => undefined);
    return inTime(told, FILES_MS, undefined);
  }

  /** Before PostgreSQL 14 such a standby ends instead. */
  async #isBlocked({ replayPaused, serverVersion }: RunningView): Promise<boolean> {
    if (!replayPaused || serverVersion < 140_000) return false;
    return replayNeedsRestart(this.#around.config(), this.#around.session);
  }

  /** Asked again only when something was replayed since. */
  async #replayTimeline(by: Postmaster, seen: RunningView): Promise<number | undefined> {
    const at = `${seen.postmasterStart} ${seen.replayedLsn}`;
    if (this.#replayed?.at === at) return this.#replayed.timeline;
    const timeline = await replayTimeline(localTarget(this.#around.config(), by.pidFile));
    if (timeline !== undefined) this.#replayed = { at, timeline };
    return timeline;
  }

  /** It runs and says nothing: what it said last, and what its files say of its role. */
  async #silent(config: PostgresConfig, by: Postmaster): Promise<PostgresView> {
    const files = await this.#unasked(config, 'running');
    const before = this.#before(by);
    if (before === undefined) return files;
    const { role, controlState, dataDirectory } = files;
    return {
      ...before,
      ...{ role, controlState, dataDirectory },
      answering: false,
      replicationState: undefined,
      standbys: [],
      slots: [],
    };
  }

  /** What files tell of a server in this state. */
  async #unasked(config: PostgresConfig, state: PostgresView['state']): Promise<PostgresView> {
    const runs = state !== 'stopped';
    const { configured } = this.#around;
    const { content, failure, ...files } = await this.#files.look(config, state);
    if (failure !== undefined) this.#complain(failure);
    const before = this.#before(this.#process.last);
    return {
      ...files,
      // Of a server that runs and cannot be looked into: what it was, or the worst that it may be.
      ...(runs && content !== 'cluster' ? { role: before?.role ?? 'primary' } : {}),
      dataDirectory: this.#marked(runs ? 'cluster' : content),
      state,
      // Nothing to ask is an answer too.
      answering: state !== 'running',
      receivedLsn: undefined,
      replayedLsn: undefined,
      replayPaused: false,
      replayNeedsRestart: false,
      replicationState: undefined,
      ...(state === 'starting' && files.role === 'standby'
        ? followedByFiles(await this.#upstream())
        : ALONE),
      postmasterStart: runs ? before?.postmasterStart : undefined,
      serverVersion: await this.#programVersion(config),
      pendingRestart: runs ? configured.pendingRestart() : {},
      standbys: [],
      syncNames: { kind: 'off' },
      slots: [],
    };
  }

  /** The last answer of this very postmaster. */
  #before(by: Postmaster | undefined): PostgresView | undefined {
    const { identity } = this.#answered?.by ?? {};
    const same =
      identity?.pid === by?.identity.pid && identity?.startTicks === by?.identity.startTicks;
    return same ? this.#answered?.view : undefined;
  }

  #marked(content: DirectoryContent): PostgresView['dataDirectory'] {
    const { markers } = this.#around;
    if (content === 'empty') return 'empty';
    if (markers.has('bootstrapping')) return 'unfinished';
    if (markers.has('rewinding')) return 'half-rewound';
    return content === 'cluster' ? 'initialized' : content;
  }

  async #programVersion(config: PostgresConfig): Promise<number> {
    try {
      return await programVersion(config);
    } catch (error) {
      this.#complain(String(error));
      return 0;
    }
  }

  /** Once for each problem, not with every look. */
  #complain(problem: string): void {
    if (problem !== this.#problem) this.#around.log(`PostgreSQL: ${problem}`);
    this.#problem = problem;
  }
}
