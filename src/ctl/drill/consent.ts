import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import type { Session } from '../session.ts';
import type { DrillOptions } from './options.ts';

/** Refuses at once what cannot be consented to later: no terminal, or another cluster's name. */
export function requireConsent(session: Session, options: DrillOptions): void {
  const { cluster, yes, confirm, dryRun } = options;
  if (dryRun) return;
  const name = printable(cluster);
  if (confirm !== undefined && confirm !== cluster) {
    throw new Refusal('not-confirmed', `--confirm does not name cluster ${name}`);
  }
  if (session.io.interactive || (yes && confirm !== undefined)) return;
  const missing = [...(yes ? [] : ['--yes']), ...(confirm === undefined ? ['--confirm'] : [])];
  const message = `A drill asks for ${missing.join(' and ')}, and there is no terminal to ask on`;
  const hint = `pass --yes --confirm ${name}; --dry-run only looks whether a drill could be held`;
  throw new Refusal('no-terminal', message, { hint });
}

/** What a person is told before. */
export interface Intent {
  readonly leader: string;
  readonly candidate: string | undefined;
  /** Sessions of clients on the leader; null: not known. */
  readonly sessions: number | null;
  /** The probe's table, with its schema. */
  readonly table: string | undefined;
}

/** Says what will happen and asks for the cluster's name, unless both flags were given. */
export async function askConsent(
  session: Session,
  options: DrillOptions,
  intent: Intent,
): Promise<void> {
  for (const line of intentLines(options, intent)) session.io.err(line);
  if (options.yes && options.confirm !== undefined) return;
  const flag = `--yes --confirm ${printable(options.cluster)}`;
  const message = 'Please confirm the cluster name to switch over';
  if ((await session.prompt.text({ message, flag })) === options.cluster) return;
  throw new Refusal('not-confirmed', 'Cluster names specified do not match');
}

function intentLines({ cluster, back }: DrillOptions, intent: Intent): string[] {
  const leader = printable(intent.leader);
  const to = intent.candidate ? ` to ${printable(intent.candidate)}` : '';
  const again = back ? `, and then back to ${leader}` : '';
  const cut = intent.sessions === null ? 'all' : `${intent.sessions}`;
  return [
    `The leadership of cluster ${printable(cluster)} moves from ${leader}${to}${again}`,
    `Writes stop meanwhile, and the sessions of clients on ${leader} are cut (${cut})`,
    ...(intent.table
      ? [`Rows are written to a table that is made for it and dropped: ${printable(intent.table)}`]
      : []),
  ];
}
