import { checkCertificates } from './check/certificates.ts';
import { checkClocks, checkDcsSight } from './check/clocks.ts';
import { checkConfiguration, checkLimits } from './check/configuration.ts';
import { checkFence, checkWatchdogs } from './check/fence.ts';
import { checkHealth } from './check/health.ts';
import { checkDuplicates, checkIdentity, checkPrimaries } from './check/identity.ts';
import { checkLocalFiles } from './check/local-file.ts';
import { checkOpenApi } from './check/open-api.ts';
import { checkSyncRedundancy } from './check/redundancy.ts';
import { checkPendingRestarts, checkReplay } from './check/restarts.ts';
import { checkStore } from './check/store.ts';
import { checkVersions } from './check/versions.ts';
import { checkWalRetention } from './check/wal-retention.ts';
import type { DoctorFacts } from './facts.ts';
import type { Finding, Severity } from './finding.ts';

/** All that the doctor looks at, in the order in which it is told. */
const CHECKS: readonly ((facts: DoctorFacts) => Finding[])[] = [
  checkPrimaries,
  checkHealth,
  checkIdentity,
  checkDuplicates,
  checkConfiguration,
  checkLimits,
  checkSyncRedundancy,
  checkWalRetention,
  checkPendingRestarts,
  checkReplay,
  checkVersions,
  checkDcsSight,
  checkClocks,
  checkCertificates,
  checkOpenApi,
  checkWatchdogs,
  checkFence,
  checkStore,
  checkLocalFiles,
];

/** The severities, worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** All findings, the worst first. Pure. */
export function diagnose(facts: DoctorFacts): Finding[] {
  const all = CHECKS.flatMap((check) => check(facts));
  return SEVERITIES.flatMap((severity) => all.filter((one) => one.severity === severity));
}
