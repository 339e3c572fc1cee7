import type { ClusterView } from '../../model/cluster.ts';
import { DcsError, Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { readCluster, requireGroup } from '../read-cluster.ts';
import type { Format } from '../render/rows.ts';
import { done, type Result, unknown } from '../result.ts';
import type { Session } from '../session.ts';
import { renderMembers } from '../show-members.ts';
import { readAgain } from '../wait.ts';

export interface RemoveOptions {
  readonly cluster: string;
  readonly group: number | undefined;
  readonly format: Format;
  /** With `confirm`: no questions. */
  readonly force: boolean;
  /** The cluster's name once more. */
  readonly confirm: string | undefined;
}

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
