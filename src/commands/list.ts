import { Args, Flags } from '@oclif/core';
import { FORMATS } from '../ctl/formats.ts';
import { list } from '../ctl/list/list.ts';
import { watchSeconds } from '../ctl/watch.ts';
import { BaseCommand } from './base.ts';

export default class List extends BaseCommand {
  static override summary = 'Show the members of a cluster: role, state, timeline, lag';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> demo -e -w 1 --lag-time',
    '<%= config.bin %> <%= command.id %> demo --json',
  ];
  static override strict = false;
  static override args = {
    clusters: Args.string({
      ignoreStdin: true,
      description: 'Names of clusters, any number (default: scope)',
    }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    extended: Flags.boolean({
      char: 'e',
      description: 'Show the columns on restarts and tags, also when they are empty',
    }),
    timestamp: Flags.boolean({ char: 't', description: 'Print the time first' }),
    format: Flags.option({ char: 'f', options: FORMATS, description: 'Output format' })({
      default: 'pretty',
    }),
    all: Flags.boolean({ description: 'Show every cluster in the DCS' }),
    'lag-time': Flags.boolean({ description: 'Ask the members for their lag in seconds' }),
    W: Flags.boolean({ char: 'W', description: 'Show it again every 2 seconds' }),
    watch: Flags.string({ char: 'w', description: 'Show it again every so many seconds' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(List);
    await this.perform(flags, (session) =>
      list(session, {
        clusters: argv as string[],
        group: flags.group,
        format: flags.format,
        extended: flags.extended,
        timestamp: flags.timestamp,
        all: flags.all,
        lagTime: flags['lag-time'],
        watch: watchSeconds(flags.W, flags.watch),
      }),
    );
  }
}
