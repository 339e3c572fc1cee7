import type { CertificateSight, DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Time enough to renew a certificate by hand. */
const SOON_DAYS = 30;

/** Certificates of the members' REST APIs and of etcd: expired, not valid yet, or soon expired. */
export function checkCertificates({ members, store, nowMs }: DoctorFacts): Finding[] {
  const ofMembers = members.flatMap(({ member, certificate }) =>
    judge({ member: member.name, server: 'its REST API' }, certificate, nowMs),
  );
  const ofStore = store.endpoints.flatMap(({ name, certificate }) =>
    judge({ member: null, server: `etcd at ${name}` }, certificate, nowMs),
  );
  return [...ofMembers, ...ofStore];
}

function judge(
  owner: { readonly member: string | null; readonly server: string },
  sight: CertificateSight | undefined,
  nowMs: number,
): Finding[] {
  if (!sight) return [];
  const { member, server } = owner;
  if (!sight.ok) {
    const check = { id: 'certificate', what: `the certificate of ${server}` };
    const about = member === null ? check : { ...check, member };
    return [notChecked(about, sight.failure, 'openssl s_client -connect HOST:PORT shows it')];
  }
  const { subject, validFromMs, validToMs } = sight;
  const found = (severity: Finding['severity'], id: string, title: string): Finding => ({
    ...{ id, severity, member, title },
    evidence: `${subject}: from ${day(validFromMs)} to ${day(validToMs)}`,
    remedy: 'renew it and reload: pgherd reload makes agents read their certificates again',
  });
  if (validToMs <= nowMs) {
    return [found('error', 'certificate-expired', `the certificate of ${server} has expired`)];
  }
  if (validFromMs > nowMs) {
    const title = `the certificate of ${server} is not valid yet`;
    return [found('error', 'certificate-not-valid-yet', title)];
  }
  const days = Math.floor((validToMs - nowMs) / DAY_MS);
  if (days > SOON_DAYS) return [];
  const title = `the certificate of ${server} expires in ${days} ${days === 1 ? 'day' : 'days'}`;
  return [found('warning', 'certificate-expires', title)];
}

function day(ms: number): string {
  return Number.isNaN(ms) ? 'an unknown day' : new Date(ms).toISOString().slice(0, 10);
}
