import { Args, Flags } from '@oclif/core';
import { drill } from '../ctl/drill/drill.ts';
import { PROBE_KINDS, REPORT_FORMATS } from '../ctl/drill/options.ts';
import { BaseCommand } from './base.ts';

export default class Drill extends BaseCommand {
  static override summary = 'Hold a switchover as an exercise, measure it, and report';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo --dry-run -U postgres --dbname postgres',
    '<%= config.bin %> <%= command.id %> demo --back --max-outage 5s',
    '<%= config.bin %> <%= command.id %> demo --yes --confirm demo --max-outage 5s --json',
    '<%= config.bin %> <%= command.id %> demo --format markdown > drill.md',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name', required: true }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group', min: 0 }),
    candidate: Flags.string({ description: 'Who is to take over (default: whom Patroni chooses)' }),
    back: Flags.boolean({ description: 'Switch back to the first leader when all is well again' }),
    'max-outage': Flags.string({
      description: 'How long an outage may be, e.g. 500ms or 5s (default: no limit)',
    }),
    probe: Flags.option({
      options: PROBE_KINDS,
      description: 'Measure with a table of its own, by reading only, or not itself',
    })({ default: 'write' }),
    interval: Flags.string({
      description: 'Time between two writes or reads of the probe',
      default: '50ms',
    }),
    schema: Flags.string({
      description: 'Where the table is made (default: the first of the search path that allows it)',
    }),
    format: Flags.option({ options: REPORT_FORMATS, description: 'Format of the report' })({
      default: 'text',
    }),
    timeout: Flags.integer({
      description: 'Seconds to follow each switchover (default: 2 ttl + 3 loop_wait, at least 60)',
      min: 1,
    }),
    'dry-run': Flags.boolean({ description: 'Look whether a drill could be held, change nothing' }),
    yes: Flags.boolean({ description: 'Ask nothing; needs --confirm' }),
    confirm: Flags.string({ description: 'The name of the cluster once more' }),
    username: Flags.string({ char: 'U', description: 'Database user' }),
    dbname: Flags.string({ description: 'Database' }),
    password: Flags.boolean({ description: 'Ask for a password' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Drill);
    const { group, candidate, probe, interval, schema, format, timeout } = flags;
    await this.perform(flags, (session) =>
      drill(session, {
        cluster: args.cluster,
        ...{ group, candidate, probe, interval, schema, format, timeout },
        back: flags.back ?? false,
        maxOutage: flags['max-outage'],
        dryRun: flags['dry-run'] ?? false,
        yes: flags.yes ?? false,
        confirm: flags.confirm,
        username: flags.username,
        database: flags.dbname,
        askPassword: flags.password ?? false,
      }),
    );
  }
}
