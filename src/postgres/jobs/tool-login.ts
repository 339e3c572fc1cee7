import type { Source } from '../../model/postgres.ts';
import type { Credentials } from '../../model/postgres-config.ts';
import { sourceAddress } from '../../model/source-address.ts';
import { formatConninfo } from '../conf/conninfo.ts';
import { loginsAt, passwordLines } from '../conf/password-file.ts';
import { writePasswordFile } from '../conf/write-configuration.ts';
import { programVersion } from '../programs.ts';
import { fail, type JobRun } from './context.ts';

/** How a program of PostgreSQL logs in at a source; nothing in it is secret. */
export interface ToolLogin {
  readonly conninfo: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What is set for a role must not end work that takes hours (GitLab #7275). */
const NO_TIMEOUTS =
  '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';

/**
 * Writes what is secret into files that only we can read, and says how a program finds it there:
 * its arguments can be seen by everybody on the host. Ends the job when the source names no host.
 */
export async function toolLogin(
  source: Source,
  credentials: Credentials,
  run: JobRun,
): Promise<ToolLogin> {
  const config = run.config();
  const address = sourceAddress(source);
  if (!address) fail(`${source.name} does not say how to reach it`);
  await writePasswordFile(config.pgpass, passwordLines(loginsAt(config, address)));
  const { sslpassword, ...options } = credentials.options;
  const serviceFile = `${config.pgpass}.service`;
  // The only place beside the connection string where libpq looks for the password of a key.
  if (sslpassword !== undefined) {
    if (/[\r\n]/.test(sslpassword)) fail('sslpassword has a line end in it');
    await writePasswordFile(serviceFile, `[pgherd]\nsslpassword=${sslpassword}\n`);
  }
  const params = {
    ...(sslpassword === undefined ? {} : { service: 'pgherd' }),
    dbname: 'postgres',
    ...(credentials.username === undefined ? {} : { user: credentials.username }),
    ...options,
    ...address,
  };
  const major = Math.trunc((await programVersion(config)) / 10_000);
  return {
    conninfo: formatConninfo(params, major),
    env: {
      PGPASSFILE: config.pgpass,
      PGOPTIONS: NO_TIMEOUTS,
      ...(sslpassword === undefined ? {} : { PGSERVICEFILE: serviceFile }),
    },
  };
}
