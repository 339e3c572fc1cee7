import { Refusal } from '../../model/errors.ts';
import { printable } from '../../system/text.ts';
import { readCluster, requireScope } from '../read-cluster.ts';
import { done, type Result } from '../result.ts';
import { anyMember, type RoleWord } from '../select-members.ts';
import type { Session } from '../session.ts';

export interface DsnOptions {
  readonly cluster: string | undefined;
  readonly group: number | undefined;
  readonly role: RoleWord | undefined;
  readonly member: string | undefined;
}

/** Prints how to reach PostgreSQL on one member: by name, by role, or the leader. */
export async function dsn(session: Session, options: DsnOptions): Promise<Result> {
  const scope = requireScope(session, options.cluster);
  const view = await readCluster(session, scope, options.group);
  const member = anyMember(view, {
    citus: session.settings.citus !== undefined,
    group: options.group,
    role: options.role,
    member: options.member,
  });
  if (!member) {
    throw new Refusal('no-such-member', 'Can not find a suitable member', {
      hint: `pgherd list ${printable(scope)} shows the members and their roles`,
    });
  }
  if (member.host === undefined || member.port === undefined) {
    const name = printable(member.name);
    throw new Refusal('no-address', `Member ${name} has not published how to reach its PostgreSQL`);
  }
  session.io.out(`host=${printable(member.host)} port=${member.port}`);
  return done({ cluster: scope, member: member.name, host: member.host, port: member.port });
}
