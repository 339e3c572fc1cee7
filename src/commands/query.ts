import { Args, Flags } from '@oclif/core';
import { FORMATS } from '../ctl/formats.ts';
import { query } from '../ctl/inspect/query.ts';
import { querySql } from '../ctl/inspect/query-source.ts';
import { ROLE_WORDS } from '../ctl/select-members.ts';
import { watchSeconds } from '../ctl/watch.ts';
import { BaseCommand, GLOBAL_FLAGS } from './base.ts';

// Here -c is the SQL and -d the database, as in patronictl: the global ones stand before `query`.
const { char: _c, ...configFile } = GLOBAL_FLAGS['config-file'];
const { char: _d, ...dcsUrl } = GLOBAL_FLAGS['dcs-url'];

export default class Query extends BaseCommand {
  static override summary = 'Run SQL on a member, on the leader by default';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo -c "SELECT now()" -U postgres',
    '<%= config.bin %> <%= command.id %> demo --role replica -f check.sql --format json',
    '<%= config.bin %> <%= command.id %> demo -m pg2 -c "SELECT pg_last_wal_replay_lsn()" -w 1',
  ];
  static override baseFlags = { ...GLOBAL_FLAGS, 'config-file': configFile, 'dcs-url': dcsUrl };
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    format: Flags.option({ options: FORMATS, description: 'Output format' })({ default: 'tsv' }),
    file: Flags.string({ char: 'f', description: 'Read the SQL from this file (-: stdin)' }),
    command: Flags.string({ char: 'c', description: 'The SQL to run' }),
    password: Flags.boolean({ description: 'Ask for a password' }),
    username: Flags.string({ char: 'U', description: 'Database user' }),
    dbname: Flags.string({ char: 'd', description: 'Database' }),
    role: Flags.option({
      char: 'r',
      options: ROLE_WORDS,
      description: 'On a member with this role',
    })(),
    member: Flags.string({ char: 'm', description: 'On this member' }),
    delimiter: Flags.string({ description: 'Between columns of tsv', default: '\t' }),
    W: Flags.boolean({ char: 'W', description: 'Run again every 2 seconds' }),
    watch: Flags.string({ char: 'w', description: 'Run again every so many seconds' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query);
    await this.perform(flags, async (session) =>
      query(session, {
        cluster: args.cluster,
        group: flags.group,
        sql: await querySql({ command: flags.command, file: flags.file }, session.signal),
        format: flags.format,
        delimiter: flags.delimiter,
        role: flags.role,
        member: flags.member,
        username: flags.username,
        database: flags.dbname,
        askPassword: flags.password,
        watch: watchSeconds(flags.W, flags.watch),
      }),
    );
  }
}
