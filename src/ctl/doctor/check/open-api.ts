import { isIP } from 'node:net';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/**
 * REST APIs that take orders of anybody: whoever can call them owns the database, and its user on
 * the host (`archive_command` is a command). Seen from this machine: an allowlist may let it in and
 * keep others out.
 */
export function checkOpenApi({ members }: DoctorFacts): Finding[] {
  return members.flatMap(({ member, report, door }): Finding[] => {
    if (door.kind === 'closed' || !report.ok) return [];
    if (door.kind === 'unknown') {
      const check = { id: 'open-api', member: member.name, what: 'who may send orders to it' };
      return [notChecked(check, door.why, 'see restapi.authentication in its configuration')];
    }
    const local = isLoopback(member.apiUrl ?? '');
    return [
      {
        id: 'open-api',
        severity: local ? 'info' : 'warning',
        member: member.name,
        title: 'its REST API takes orders without a password',
        evidence:
          'POST /switchover without password and certificate was let in from here, and turned ' +
          `down for its body only${local ? '; the address is one of this host' : ''}`,
        remedy: 'set restapi.authentication, an allowlist, or verify_client with certificates',
      },
    ];
  });
}

function isLoopback(apiUrl: string): boolean {
  if (!URL.canParse(apiUrl)) return false;
  const host = new URL(apiUrl).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
