import type { Member } from '../../model/member.ts';
import { printable } from '../../system/text.ts';
import { parseNodeStatus } from '../../wire/rest.ts';
import { type Answer, askMember } from '../ask-member.ts';
import { readCluster } from '../read-cluster.ts';
import { done, failed, type Result } from '../result.ts';
import { membersWithRole, refuseUnknown } from '../select-members.ts';
import type { Session } from '../session.ts';

/** Whose versions are asked for, and the version of pgherd itself. */
export interface MemberVersionOptions {
  readonly cluster: string;
  readonly members: readonly string[];
  readonly group: number | undefined;
  readonly own: string;
}

/** One member's versions; `null` and a reason when it did not say. */
interface MemberVersion {
  readonly member: string;
  readonly patroni: string | null;
  readonly postgresql: string | null;
  readonly error: string | null;
}

/** Asks the members of a cluster for the versions of what they run, and prints them. */
export async function memberVersions(
  session: Session,
  options: MemberVersionOptions,
): Promise<Result> {
  const view = await readCluster(session, options.cluster, options.group);
  const citus = session.settings.citus !== undefined;
  const asked = membersWithRole(view, 'any', { citus, group: options.group });
  refuseUnknown(options.members, asked, options.cluster);
  const wanted = asked.filter(({ name, apiUrl }) =>
    options.members.length === 0 ? apiUrl : options.members.includes(name),
  );
  session.io.out('');
  const members = await Promise.all(wanted.map((member) => askVersion(session, member)));
  for (const member of members) print(session, member);
  const data = { pgherd: options.own, cluster: options.cluster, members };
  const silent = members.filter(({ error }) => error !== null).map(({ member }) => member);
  if (silent.length === 0) return done(data);
  const message = `No version could be had of ${silent.map(printable).join(', ')}`;
  return failed(data, { code: 'no-version', message });
}

async function askVersion(session: Session, member: Member): Promise<MemberVersion> {
  const answer = await askMember(session, member, { method: 'GET', path: 'patroni' });
  const status = answer.kind === 'reply' ? parseNodeStatus(answer.body) : undefined;
  return {
    member: member.name,
    patroni: status?.version ?? null,
    postgresql: formatPostgresVersion(status?.serverVersion),
    error: status ? null : whyNone(answer),
  };
}

function whyNone(answer: Answer): string {
  if (answer.kind === 'silence') return answer.message;
  return `it answered with status ${answer.status} and no version`;
}

function print(session: Session, member: MemberVersion): void {
  const name = printable(member.member);
  if (member.error !== null) {
    session.io.err(`${name}: failed to get version: ${printable(member.error)}`);
    return;
  }
  const postgresql = member.postgresql === null ? '' : ` PostgreSQL ${member.postgresql}`;
  session.io.out(`${name}: Patroni ${printable(member.patroni ?? 'unknown')}${postgresql}`);
}

/** `150017` → `15.17`, `90624` → `9.6.24` (PostgreSQL's `server_version_num`). */
export function formatPostgresVersion(version: number | undefined): string | null {
  if (version === undefined) return null;
  const major = Math.floor(version / 10_000);
  if (version >= 100_000) return `${major}.${version % 10_000}`;
  return `${major}.${Math.floor(version / 100) % 100}.${version % 100}`;
}
