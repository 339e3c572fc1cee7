import { formatPostgresVersion } from '../../inspect/member-versions.ts';
import type { DoctorFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** One version of agent and PostgreSQL on all members; another one is a change half done. */
export function checkVersions({ members }: DoctorFacts): Finding[] {
  const agents = grouped(
    members.map(({ member, report }) => [
      member.name,
      (report.ok ? report.status.version : undefined) ?? member.version,
    ]),
  );
  const servers = grouped(
    members.map(({ member, report }) => [
      member.name,
      formatPostgresVersion(report.ok ? report.status.serverVersion : undefined) ?? undefined,
    ]),
  );
  const majors = new Set([...servers.keys()].map(majorOf)).size > 1;
  const found: Finding[] = [];
  if (agents.size > 1) {
    found.push({
      ...{ id: 'mixed-agent-versions', severity: 'warning', member: null },
      title: 'the agents have different versions',
      evidence: listOf(agents),
      remedy: 'finish the update: pgherd agents show the version of Patroni that they speak',
    });
  }
  if (servers.size > 1) {
    found.push({
      ...{ id: 'mixed-postgresql-versions', severity: majors ? 'error' : 'warning' },
      member: null,
      title: `the members run different ${majors ? 'major' : 'minor'} versions of PostgreSQL`,
      evidence: listOf(servers),
      remedy: majors
        ? 'WAL of one major version means nothing to another: reinit the ones that differ'
        : 'finish the update: the standbys first, then a switchover, then the former leader',
    });
  }
  return found;
}

/** `9.6.24` → `9.6`, `15.17` → `15`. */
function majorOf(version: string): string {
  return version.split('.').slice(0, -1).join('.');
}

/** Version → who has it; a member that does not say is left out. */
function grouped(pairs: (readonly [string, string | undefined])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, version] of pairs) {
    if (version !== undefined) groups.set(version, [...(groups.get(version) ?? []), name]);
  }
  return groups;
}

function listOf(groups: ReadonlyMap<string, readonly string[]>): string {
  return [...groups]
    .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    .map(([version, names]) => `${version} on ${names.join(', ')}`)
    .join('; ');
}
