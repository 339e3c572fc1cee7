import { isRecord, type Json } from '../../model/json.ts';
import { booleanOf } from '../../model/parameter-values.ts';
import { printable } from '../../system/text.ts';
import { error, type Finding, note, warning } from './finding.ts';
import { HbaError, type HbaLine, parseHbaLine } from './hba-line.ts';
import { type Connection, judge } from './hba-match.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** What is known of those who must get in. */
export interface HbaWorld {
  /** Host names or addresses of the members, from their documents. */
  readonly hosts: readonly string[];
  /** `postgresql` of the local configuration: names of the users. */
  readonly local: JsonMap;
}

/**
 * Checks the `pg_hba` lists of a configuration: that PostgreSQL would take each line, and that
 * members still reach each other for replication (and rewind) and Patroni its own server. One wrong
 * line here makes every member a replica that cannot connect (Patroni issue 2129).
 */
export function checkHba(config: JsonMap, world: HbaWorld): Finding[] {
  const section = config.postgresql;
  if (!isRecord(section)) return [];
  const postgresql = section as JsonMap;
  return [
    ...checkHbaFile(postgresql),
    ...['pg_hba', 'pg_hba_primary', 'pg_hba_replica', 'pg_hba_standby_leader'].flatMap((key) =>
      checkList(key, postgresql, { ...world, standby: isRecord(config.standby_cluster) }),
    ),
  ];
}

function checkHbaFile({ parameters, pg_hba }: JsonMap): Finding[] {
  if (!Array.isArray(pg_hba) || !isRecord(parameters) || !parameters.hba_file) return [];
  return [warning('postgresql.pg_hba', 'postgresql.pg_hba is ignored: hba_file is set')];
}

function checkList(
  key: string,
  postgresql: JsonMap,
  world: HbaWorld & { readonly standby: boolean },
): Finding[] {
  const list = postgresql[key];
  const path = `postgresql.${key}`;
  // An empty list leaves the file alone; what is no list of text is an error elsewhere.
  if (!Array.isArray(list) || list.length === 0) return [];
  const texts = list.filter((line: Json) => typeof line === 'string');
  const { lines, mistakes } = parseLines(path, texts);
  if (mistakes.length > 0) return mistakes;
  const rules = { path, lines, people: peopleOf(postgresql, world.local) };
  const findings = [
    ...checkOwnServer(rules),
    ...(feedsOthers(key, postgresql, world.standby) ? checkPeers(rules, world.hosts) : []),
  ];
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

function parseLines(
  path: string,
  texts: readonly string[],
): { lines: (HbaLine | undefined)[]; mistakes: Finding[] } {
  const mistakes: Finding[] = [];
  const lines = texts.flatMap((text, index) =>
    // A backslash at the end of a line joins it with the next one.
    text
      .replace(/\\\n/g, '')
      .split('\n')
      .map((line) => {
        try {
          return parseHbaLine(line);
        } catch (cause) {
          if (!(cause instanceof HbaError)) throw cause;
          const where = `${path}, line ${index + 1}`;
          const message = `${where}: ${cause.message}: ${printable(line.slice(0, 100))}`;
          mistakes.push(error(`${path}[${index}]`, message));
          return undefined;
        }
      }),
  );
  return { lines, mistakes };
}

/** One list of lines, and those who have to get through it. */
interface Rules {
  readonly path: string;
  readonly lines: readonly (HbaLine | undefined)[];
  readonly people: People;
}

/** Who connects; undefined where the configuration at hand does not name them. */
interface People {
  readonly replication: string | undefined;
  readonly superuser: string | undefined;
  readonly rewind: string | undefined;
  readonly database: string;
  /** pg_rewind, and standbys that copy logical slots, connect to the leader's database. */
  readonly needsDatabase: boolean;
}

function peopleOf(postgresql: JsonMap, local: JsonMap): People {
  const authentication = isRecord(local.authentication) ? local.authentication : {};
  const nameOf = (role: string): string | undefined => {
    const user = authentication[role];
    const name = isRecord(user) ? user.username : undefined;
    return typeof name === 'string' ? name : undefined;
  };
  const database = local.database ?? postgresql.database;
  const rewinds = local.use_pg_rewind ?? postgresql.use_pg_rewind ?? false;
  return {
    replication: nameOf('replication'),
    superuser: nameOf('superuser'),
    rewind: nameOf('rewind') ?? nameOf('superuser'),
    database: typeof database === 'string' ? database : 'postgres',
    needsDatabase: booleanOf(rewinds) === true,
  };
}

/** True for the list that counts on the member from which the others stream. */
function feedsOthers(key: string, postgresql: JsonMap, standby: boolean): boolean {
  if (key === 'pg_hba_replica') return false;
  if (key === 'pg_hba_standby_leader') return standby;
  return key === 'pg_hba' ? !Array.isArray(postgresql.pg_hba_primary) : true;
}

/** Patroni reaches its own server through the socket, loopback or the member's own address. */
function checkOwnServer({ path, lines, people }: Rules): Finding[] {
  const to = { database: people.database };
  const user = people.superuser;
  const ways: Connection['from'][] = [
    'local',
    { host: '127.0.0.1', sameHost: true },
    { host: '::1', sameHost: true },
  ];
  if (ways.some((from) => judge(lines, { to, user, from }).access !== 'denied')) return [];
  const who = user === undefined ? 'the superuser' : `the superuser ${printable(user)}`;
  const message =
    `${path} would shut ${who} out of its own server: ` +
    `neither local nor 127.0.0.1 may connect to ${printable(people.database)}`;
  return [error(path, message)];
}

function checkPeers(rules: Rules, hosts: readonly string[]): Finding[] {
  const { path, people } = rules;
  // A member that is alone has nobody to let in yet.
  if (hosts.length < 2) return [];
  const findings = [...new Set(hosts)].flatMap((host) => {
    const from = { host, sameHost: hosts.filter((other) => other === host).length > 1 };
    const replication = checkPeer(rules, {
      what: 'replication',
      connection: { to: 'replication', user: people.replication, from },
    });
    if (!people.needsDatabase) return replication;
    const to = { database: people.database };
    const connection = { to, user: people.rewind, from };
    return [...replication, ...checkPeer(rules, { what: 'pg_rewind', connection })];
  });
  if (people.replication !== undefined) return findings;
  const assumed =
    'the name of the replication user is not in the configuration at hand: ' +
    `wherever a line of ${path} names a user, it is taken to be that one`;
  return [...findings, note(path, assumed)];
}

function checkPeer(
  { path, lines }: Rules,
  { what, connection }: { what: string; connection: Connection },
): Finding[] {
  const result = judge(lines, connection);
  const host = connection.from === 'local' ? 'local' : printable(connection.from.host);
  if (result.access === 'denied') {
    const who = connection.user === undefined ? '' : ` (user ${printable(connection.user)})`;
    const why =
      result.line === undefined ? 'no line matches' : `line ${result.line + 1} rejects it`;
    return [error(path, `${path} would shut ${what} out from ${host}${who}: ${why}`)];
  }
  if (result.access === 'unsure' && result.byName) {
    const question = `whether ${what} from ${host} gets in`;
    const message = `${path}: ${question} depends on the addresses of that name`;
    return [warning(path, message)];
  }
  return [];
}
