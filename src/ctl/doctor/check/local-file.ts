import type { DoctorFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** The files that this command was given. */
export function checkLocalFiles({ local }: DoctorFacts): Finding[] {
  return local.exposed.map((file) => ({
    ...{ id: 'exposed-file', severity: 'warning', member: null },
    title: 'a file with passwords can be read by everybody on this machine',
    evidence: file,
    remedy: `chmod o-r ${file}`,
  }));
}
