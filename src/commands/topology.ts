import { Args, Flags } from '@oclif/core';
import { list } from '../ctl/list/list.ts';
import { watchSeconds } from '../ctl/watch.ts';
import { BaseCommand } from './base.ts';

export default class Topology extends BaseCommand {
  static override summary = 'Show the members of a cluster as a tree: who replicates from whom';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> demo -w 1',
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
    all: Flags.boolean({ description: 'Show every cluster in the DCS' }),
    'lag-time': Flags.boolean({ description: 'Ask the members for their lag in seconds' }),
    W: Flags.boolean({ char: 'W', description: 'Show it again every 2 seconds' }),
    watch: Flags.string({ char: 'w', description: 'Show it again every so many seconds' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Topology);
    await this.perform(flags, (session) =>
      list(session, {
        clusters: argv as string[],
        group: flags.group,
        format: 'topology',
        extended: false,
        timestamp: false,
        all: flags.all,
        lagTime: flags['lag-time'],
        watch: watchSeconds(flags.W, flags.watch),
      }),
    );
  }
}
