import { Flags } from '@oclif/core';
import { FORMATS } from '../ctl/formats.ts';
import { discover } from '../ctl/inspect/discover.ts';
import { BaseCommand } from './base.ts';

export default class Discover extends BaseCommand {
  static override summary = 'Show every cluster that the DCS holds below the namespace';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> --dcs-url etcd3://10.0.0.1:2379 <%= command.id %> --json',
  ];
  static override flags = {
    format: Flags.option({ char: 'f', options: FORMATS, description: 'Output format' })({
      default: 'pretty',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Discover);
    await this.perform(flags, (session) => discover(session, { format: flags.format }));
  }
}
