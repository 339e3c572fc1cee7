import type { ClusterView } from '../../model/cluster.ts';
import { Refusal } from '../../model/errors.ts';
import { compareText } from '../../model/python.ts';
import { printable } from '../../system/text.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import { localTime } from '../local-time.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import type { Format } from '../render/rows.ts';
import { done, failed, type Result } from '../result.ts';
import type { Session } from '../session.ts';
import { renderMembers } from '../show-members.ts';
import { refuseEndlessJson, warningOnce, watching } from '../watch.ts';
import type { LagSeconds } from './lag-time.ts';
import { clusterData } from './member-data.ts';

export interface ListOptions {
  /** The `scope` of the configuration when empty. */
  readonly clusters: readonly string[];
  readonly group: number | undefined;
  /** `topology` for the command of that name. */
  readonly format: Format;
  readonly extended: boolean;
  /** Print the time above the table. */
  readonly timestamp: boolean;
  /** Every cluster in the DCS, instead of named ones. */
  readonly all: boolean;
  /** Ask the members how many seconds they are behind. */
  readonly lagTime: boolean;
  /** Seconds between two looks; undefined: look once. */
  readonly watch: number | undefined;
}

/** What one look at the clusters gave. */
interface Look {
  readonly views: readonly ClusterView[];
  /** Clusters that were named and are not there. */
  readonly missing: readonly { readonly cluster: string; readonly refusal: Refusal }[];
  readonly lagSeconds: LagSeconds | undefined;
}

/**
 * Prints the members of one cluster, of several, or of all that the DCS knows; once, or again and
 * again. A cluster that is not there is a failure, but the others are shown.
 */
export async function list(given: Session, options: ListOptions): Promise<Result> {
  refuseNonsense(given, options);
  if (options.watch !== undefined) {
    const session = warningOnce(given);
    await watching(session, options.watch, async () => {
      const found = await look(session, options);
      return [textOf(session, found, options), ...found.missing.map(sentence)].join('\n');
    });
    return done(null);
  }
  const found = await look(given, options);
  const text = textOf(given, found, options);
  if (text !== '') given.io.out(text);
  return resultOf(found, options);
}

function refuseNonsense(session: Session, options: ListOptions): void {
  const { all, clusters, group, watch } = options;
  refuseEndlessJson(session, watch);
  const reasons = [
    all && clusters.length > 0 && '--all shows every cluster: name none',
    all && group !== undefined && '--all and --group do not go together',
  ];
  const reason = reasons.find((one) => typeof one === 'string');
  if (typeof reason === 'string') throw new Refusal('usage', reason, { usage: true });
}

async function look(session: Session, options: ListOptions): Promise<Look> {
  const found = options.all ? await readAll(session) : await readNamed(session, options);
  if (!options.lagTime) return { ...found, lagSeconds: undefined };
  const { askForLag } = await import('./lag-time.ts');
  const views = found.views.flatMap((view) => [view, ...view.workers.values()]);
  return { ...found, lagSeconds: await askForLag(session, views) };
}

type Found = Pick<Look, 'views' | 'missing'>;

/** Every cluster below the namespace, by name, from one range read. */
async function readAll(session: Session): Promise<Found> {
  const store = await session.store();
  const documents = await store.readAll(session.signal);
  const views = [...documents]
    .sort(([one], [other]) => compareText(one, other))
    .map(([scope, own]) => parseSnapshot(scope, own));
  for (const warning of views.flatMap((view) => view.warnings)) session.io.warn(warning);
  if (views.length === 0) {
    session.io.err(`There is no cluster in the DCS below ${printable(session.settings.namespace)}`);
  }
  return { views, missing: [] };
}

async function readNamed(session: Session, options: ListOptions): Promise<Found> {
  const { clusters, group } = options;
  const [only = requireScope(session, undefined), ...others] = clusters;
  // Alone, it is refused with its hint; among others, the others are shown.
  if (others.length === 0) return { views: [await readCluster(session, only, group)], missing: [] };
  const found = await Promise.all(
    clusters.map(async (cluster) => {
      try {
        return { view: await readCluster(session, cluster, group) };
      } catch (error) {
        if (error instanceof Refusal) return { cluster, refusal: error };
        throw error;
      }
    }),
  );
  return {
    views: found.flatMap((one) => ('view' in one ? [one.view] : [])),
    missing: found.flatMap((one) => ('view' in one ? [] : [one])),
  };
}

function textOf(session: Session, found: Look, options: ListOptions): string {
  const stamp = options.timestamp ? [localTime(session.clock.now())] : [];
  const citus = session.settings.citus !== undefined;
  const { format, extended, group } = options;
  const { lagSeconds } = found;
  const { color } = session.io;
  const tables = found.views.map((view) =>
    renderMembers(view, { format, extended, group, citus, lagSeconds, color }),
  );
  return [...stamp, ...tables].join('\n');
}

function sentence({ refusal }: Look['missing'][number]): string {
  return `Error: ${refusal.message}`;
}

function resultOf(found: Look, options: ListOptions): Result {
  const how = { topology: options.format === 'topology', lagSeconds: found.lagSeconds };
  const data = {
    clusters: found.views.flatMap((view) => clusterData(view, how)),
    missing: found.missing.map(({ cluster }) => cluster),
  };
  if (found.missing.length === 0) return done(data);
  const names = found.missing.map(({ cluster }) => `"${printable(cluster)}"`).join(', ');
  const rest = found.views.length > 0 ? '; the others are shown' : '';
  const message = `There is no cluster ${names} in the DCS${rest}`;
  const hint = 'pgherd discover shows the clusters that are there';
  return failed(data, { code: 'unknown-cluster', message, hint });
}
