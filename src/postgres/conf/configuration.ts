import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { ValueChange } from '../../model/member.ts';
import type { Source } from '../../model/postgres.ts';
import type { PostgresConfig } from '../../model/postgres-config.ts';
import type { ControlSettings } from '../control-data.ts';
import { findPostmaster, type Postmaster } from '../postmaster.ts';
import {
  type Asked,
  accessRuleErrors,
  checkpointerListens,
  currentSetting,
  pendingRestart,
} from './ask-server.ts';
import { confFiles, dataVersion, makeDirectories, writeSignals } from './conf-files.ts';
import { commandLine, raiseForStandby } from './forced.ts';
import { type Upstream, upstreamOf } from './recovery-settings.ts';
import { reload } from './reload.ts';
import { SYNC_NAMES } from './server-settings.ts';
import { newStanding, readStanding, renewedUpstream, type Standing } from './standing.ts';
import { type Written, writeConfiguration } from './write-configuration.ts';

export interface ConfigurationContext {
  /** The configuration that is in effect now. */
  readonly config: () => PostgresConfig;
  readonly session: Asked;
  readonly log: (line: string) => void;
  /** PostgreSQL was told to read its files again (callback `on_reload`). */
  readonly onReload: () => void;
}

/** How a server is about to be started. */
export interface StartAs {
  readonly role: 'primary' | 'standby';
  /** Whom a standby streams from; undefined: nobody. */
  readonly from: Source | undefined;
  /** What the control file of a standby's data says. */
  readonly controlFile: ControlSettings | undefined;
}

/**
 * PostgreSQL's configuration files, kept as the configuration of the cluster, the source to follow
 * and the synchronous standbys want them. One change is written after the other. What it has to
 * know of the time before the agent it finds in the files.
 */
export class Configuration {
  readonly #context: ConfigurationContext;
  #queue: Promise<unknown> = Promise.resolve();
  /** How many jobs work on the data directory: then nothing is written but by them. */
  #held = 0;
  #applied: PostgresConfig | undefined;
  #standing: Standing | undefined;
  #pendingRestart: Readonly<Record<string, ValueChange>> = {};
  #warned = '';

  constructor(context: ConfigurationContext) {
    this.#context = context;
  }

  /** Parameters that wait for a restart; as of the last change, or the last start. */
  get pendingRestart(): Readonly<Record<string, ValueChange>> {
    return this.#pendingRestart;
  }

  /** Where the files say that a standby streams from; undefined: from nowhere. */
  async upstream(): Promise<Upstream | undefined> {
    return (await this.#stand()).upstream;
  }

  /**
   * Brings files and server to the configuration. The same configuration again does nothing, unless
   * `always` is said. While a job works on the data it is done by the next start.
   */
  apply({ always = false } = {}): Promise<void> {
    return this.#inTurn(async () => {
      const { session, onReload } = this.#context;
      const config = this.#context.config();
      const first = this.#applied === undefined;
      if (!always && isDeepStrictEqual(config, this.#applied)) return;
      const major = await dataVersion(config.dataDir);
      if (this.#held > 0 || major === undefined) return;
      const standing = await this.#stand();
      const upstream = renewedUpstream(config, standing.upstream, major);
      const { changed, hbaChanged } = await this.#write({ ...standing, upstream });
      this.#applied = config;
      const postmaster = await findPostmaster(config);
      if (!postmaster || !(changed || always || first)) return;
      if (changed || always) {
        await reload(postmaster, session);
        onReload();
      }
      if (postmaster.pidFile.status !== 'ready') return;
      if (hbaChanged) await this.#checkAccessRules();
      this.#pendingRestart = await pendingRestart(session);
    });
  }

  /**
   * Sets `synchronous_standby_names` (undefined: none) and resolves when it is in effect. Rejects
   * when it is not in a few seconds, or there is no server that could take it.
   */
  setSyncNames(syncNames: string | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const { session, log } = this.#context;
      const postmaster = await this.#running();
      const before = await currentSetting(session, SYNC_NAMES);
      const standing = await this.#stand();
      const { changed } = await this.#write({ ...standing, syncNames });
      if (changed || before !== (syncNames ?? '')) await this.#reload(postmaster);
      const now = await currentSetting(session, SYNC_NAMES);
      if (now !== (syncNames ?? '')) {
        // What PostgreSQL does not take must not be there when it starts.
        await this.#write(standing);
        throw new Error(`${SYNC_NAMES} stays ${now}`);
      }
      if (before !== '' || now === '' || (await checkpointerListens(session))) return;
      log('a checkpoint delays synchronous replication');
    });
  }

  /**
   * Points a running standby to another source, without a restart; undefined: to none. One that
   * still starts is told too. Resolves with false when it was said so before. Rejects before
   * PostgreSQL 13, where it takes a restart.
   */
  follow(source: Source | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const config = this.#context.config();
      const postmaster = await this.#running();
      const major = (await dataVersion(config.dataDir)) ?? 0;
      if (major < 13) throw new Error('another source takes a restart before PostgreSQL 13');
      const upstream = source && upstreamOf(config, source, major);
      if (source && !upstream) throw new Error(`${source.name} does not say how to reach it`);
      const { changed } = await this.#write({ ...(await this.#stand()), upstream });
      if (changed) await reload(postmaster, this.#context.session);
      return changed;
    });
  }

  /**
   * For the start job: writes everything for a start in this role, and says with which options the
   * postmaster is started.
   */
  prepareStart({ role, from, controlFile }: StartAs): Promise<string[]> {
    return this.#inTurn(async () => {
      const config = this.#context.config();
      const major = (await dataVersion(config.dataDir)) ?? 0;
      const standby = role === 'standby';
      const upstream = standby && from ? upstreamOf(config, from, major) : undefined;
      const standing = await this.#stand();
      await writeSignals(config, standby);
      const { settings } = await this.#write({ ...standing, upstream });
      this.#applied = config;
      await makeDirectories(config.dataDir, settings);
      const raised = controlFile ? raiseForStandby(settings, controlFile) : settings;
      return [`--config-file=${confFiles(config).conf}`, ...commandLine(raised)];
    });
  }

  /** After a start: which parameters are other than configured. */
  afterStart(): Promise<void> {
    return this.#inTurn(async () => {
      // PostgreSQL compares its options with its files when it reads these again, not before.
      await this.#reload(await this.#running());
      this.#pendingRestart = await pendingRestart(this.#context.session);
    });
  }

  /** After a promotion: what was said of recovery goes, without a word to the server. */
  afterPromotion(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write({ ...(await this.#stand()), upstream: undefined });
    });
  }

  /** Does something to the data directory while nothing else is written there. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      // What is being written now is written to its end.
      await this.#queue;
      return await work();
    } finally {
      this.#held--;
    }
  }

  /** The data are others now: what their files say was decided for another member. */
  forget(): void {
    this.#applied = undefined;
    this.#standing = newStanding(this.#context.config());
    this.#pendingRestart = {};
  }

  async #stand(): Promise<Standing> {
    this.#standing ??= await readStanding(this.#context.config());
    return this.#standing;
  }

  async #write(standing: Standing): Promise<Written> {
    const config = this.#context.config();
    const major = await dataVersion(config.dataDir);
    if (major === undefined) throw new Error('there is no cluster in the data directory');
    const { syncNames, upstream } = standing;
    const standby = existsSync(confFiles(config).standbySignal) ? { upstream } : undefined;
    const written = await writeConfiguration({ config, major, syncNames, standby });
    this.#standing = standing;
    const warnings = written.warnings.join('\n');
    if (warnings !== this.#warned) {
      for (const line of written.warnings) this.#context.log(line);
    }
    this.#warned = warnings;
    return written;
  }

  async #running(): Promise<Postmaster> {
    if (this.#held > 0) throw new Error('another program works on the data directory');
    const postmaster = await findPostmaster(this.#context.config());
    if (!postmaster) throw new Error('the server does not run');
    return postmaster;
  }

  async #reload(postmaster: Postmaster): Promise<void> {
    if (await reload(postmaster, this.#context.session)) return;
    throw new Error('the server takes no connections');
  }

  async #checkAccessRules(): Promise<void> {
    const { session, log } = this.#context;
    for (const error of await accessRuleErrors(session)) {
      log(`${error}; the rules of before stay in effect`);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }
}
