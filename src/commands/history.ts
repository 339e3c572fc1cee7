import { Args, Flags } from '@oclif/core';
import { FORMATS } from '../ctl/formats.ts';
import { history } from '../ctl/inspect/history.ts';
import { BaseCommand } from './base.ts';

export default class History extends BaseCommand {
  static override summary = 'Show when the leader changed: timelines, positions and reasons';
  static override examples = [
    '<%= config.bin %> <%= command.id %> demo',
    '<%= config.bin %> <%= command.id %> demo -f json',
  ];
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'Cluster name (default: scope)' }),
  };
  static override flags = {
    group: Flags.integer({ description: 'Citus group' }),
    format: Flags.option({ char: 'f', options: FORMATS, description: 'Output format' })({
      default: 'pretty',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(History);
    await this.perform(flags, (session) =>
      history(session, { cluster: args.cluster, group: flags.group, format: flags.format }),
    );
  }
}
