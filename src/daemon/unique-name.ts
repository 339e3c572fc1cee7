import type { Peers } from '../agent/ports.ts';
import type { AgentStore } from '../dcs/open-agent.ts';
import { DcsError, Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import { parseSnapshot } from '../wire/snapshot.ts';

/** What is asked whether somebody has our name. */
export interface NameCheck {
  readonly scope: string;
  readonly name: string;
  readonly dcs: Pick<AgentStore, 'peek'>;
  readonly peers: Pick<Peers, 'status'>;
}

/**
 * Rejects with a `Refusal` when a living member of the cluster has our name: two of one name would
 * take each other for themselves (Patroni's `ensure_unique_name`). A store that does not answer, or
 * a member that does not, is no reason: the lock is safe all the same, for it goes by the session.
 */
export async function checkUniqueName({ scope, name, dcs, peers }: NameCheck): Promise<void> {
  const apiUrl = await publishedUrl(scope, name, dcs);
  if (apiUrl === undefined) return;
  const report = await peers.status({ name, apiUrl });
  if (!report.ok || (report.status.name !== undefined && report.status.name !== name)) return;
  const shown = printable(name);
  throw new Refusal('name-taken', `Can't start; there is already a node named '${shown}' running`, {
    hint: `it answers at ${printable(apiUrl)}; every member needs a name of its own`,
  });
}

async function publishedUrl(
  scope: string,
  name: string,
  dcs: NameCheck['dcs'],
): Promise<string | undefined> {
  try {
    const view = parseSnapshot(scope, await dcs.peek());
    return view.members.find((member) => member.name === name)?.apiUrl;
  } catch (error) {
    if (error instanceof DcsError) return undefined;
    throw error;
  }
}
