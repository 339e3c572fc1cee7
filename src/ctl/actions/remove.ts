import { type ClusterView, isEmptyCluster } from '../../model/cluster.ts';
import { DcsError, Refusal } from '../../model/errors.ts';
import { DEFAULT_SETTINGS } from '../../model/settings.ts';
import { printable } from '../../system/text.ts';
import { readCluster, requireGroup } from '../read-cluster.ts';
import type { Format } from '../render/rows.ts';
import { done, failed, type Result, unknown } from '../result.ts';
import type { Session } from '../session.ts';
import { renderMembers } from '../show-members.ts';
import { interruptible, readAgain, waitUntil } from '../wait.ts';

export interface RemoveOptions {
  readonly cluster: string;
  readonly group: number | undefined;
  readonly format: Format;
  /** With `confirm`: no questions. */
  readonly force: boolean;
  /** The cluster's name once more. */
  readonly confirm: string | undefined;
  /** Watch whether members that still run write their keys again. */
  readonly wait: boolean;
  /** Seconds to watch; a loop of the agents and a little more when undefined. */
  readonly timeout: number | undefined;
}

/** What an agent may need beyond `loop_wait` to write its key, in seconds. */
const SLACK = 5;

const AWARE = 'Yes I am aware';

/**
 * Removes all that the DCS has about a cluster (or about one Citus group) and says how many keys
 * that were. Asks three times, or not at all with `force` and the right `confirm`.
 */
export async function remove(session: Session, options: RemoveOptions): Promise<Result> {
  const citus = session.settings.citus !== undefined;
  if (citus && options.group === undefined) {
    throw new Refusal('no-group', 'For Citus clusters the --group must be specified');
  }
  if (options.force && options.confirm === undefined) {
    throw new Refusal('not-confirmed', '--force alone does not remove a cluster', {
      hint: `add --confirm ${printable(options.cluster)}`,
      usage: true,
    });
  }
  const view = await readCluster(session, options.cluster, options.group);
  requireGroup(view, options.group);
  const look = { format: options.format, extended: false, citus };
  const group = options.group === undefined ? {} : { group: options.group };
  session.io.out(renderMembers(view, { ...look, ...group }));
  await confirmRemoval(session, view, options);
  if (view.leader !== undefined) {
    session.io.warn(
      'the cluster has a leader: members that still run write their keys again; stop them first',
    );
  }
  const result = await removeKeys(session, options);
  return result.outcome === 'done' && options.wait
    ? watch(session, view, { options, removed: result.data })
    : result;
}

async function removeKeys(session: Session, options: RemoveOptions): Promise<Result> {
  const data = { cluster: options.cluster, group: options.group ?? null };
  const name = printable(options.cluster);
  const dcs = await session.dcs(options.cluster, options.group);
  try {
    const removedKeys = await dcs.removeAll();
    session.io.out(`Removed ${removedKeys} keys of cluster ${name} from the DCS`);
    return done({ ...data, removedKeys });
  } catch (error) {
    session.signal.throwIfAborted();
    if (!(error instanceof DcsError)) throw error;
    const now = await readAgain(session, options.cluster, options.group);
    const left = now ? 'it was still there a moment ago' : 'the DCS does not say';
    const message = `It is not known whether ${name} was removed (${left}): ${error.message}`;
    return unknown({ ...data, removedKeys: null }, { code: 'remove-unknown', message });
  }
}

/** Members that still run write their keys again within their next loop: then it is not removed. */
async function watch(
  session: Session,
  { config }: ClusterView,
  { options, removed }: { options: RemoveOptions; removed: unknown },
): Promise<Result> {
  const name = printable(options.cluster);
  const { loopWait } = config?.settings ?? DEFAULT_SETTINGS;
  const timeoutMs = (options.timeout ?? loopWait + SLACK) * 1000;
  const sentence = () =>
    `Interrupted: the keys of cluster ${name} are removed, but members that still run ` +
    `may write them again`;
  const back = await interruptible(session, sentence, () =>
    waitUntil(session, { timeoutMs, everyMs: 500 }, async () => {
      const now = await readAgain(session, options.cluster, options.group);
      return now && !isEmptyCluster(now) ? now : undefined;
    }),
  );
  if (!back) return done(removed);
  const writers = back.members.map((member) => printable(member.name)).join(', ');
  const by = writers ? ` by ${writers}` : '';
  return failed(removed, {
    code: 'came-back',
    message: `The keys of cluster ${name} were removed and are written again${by}`,
    hint: 'stop the agents first, then remove the cluster',
  });
}

async function confirmRemoval(
  session: Session,
  view: ClusterView,
  options: RemoveOptions,
): Promise<void> {
  const flag = `--force --confirm ${printable(options.cluster)}`;
  const name =
    options.confirm ??
    (await session.prompt.text({ message: 'Please confirm the cluster name to remove', flag }));
  if (name !== options.cluster) {
    throw new Refusal('not-confirmed', 'Cluster names specified do not match');
  }
  if (options.force) return;
  const aware = await session.prompt.text({
    message:
      `You are about to remove all information in DCS for ${printable(options.cluster)}, ` +
      `please type: "${AWARE}"`,
    flag,
  });
  if (aware !== AWARE) throw new Refusal('not-confirmed', `You did not exactly type "${AWARE}"`);
  if (view.leader === undefined) return;
  const message = 'This cluster currently is healthy. Please specify the leader name to continue';
  if ((await session.prompt.text({ message, flag })) !== view.leader) {
    throw new Refusal('not-confirmed', 'You did not specify the current leader of the cluster');
  }
}
