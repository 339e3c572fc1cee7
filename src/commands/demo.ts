import { Flags } from '@oclif/core';
import { BaseCommand } from './base.ts';

export default class Demo extends BaseCommand {
  static override summary = 'Run a whole cluster on this machine, and watch a failover';
  static override description =
    'Starts a store in memory, agents with a PostgreSQL each, and a client that writes all the ' +
    'time and counts. For trying out, never for production. PostgreSQL must be installed; as ' +
    'root, its servers run as another user. Everything is gone afterwards.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --script',
    '<%= config.bin %> <%= command.id %> --play --nodes 5 --sync',
  ];
  static override flags = {
    nodes: Flags.integer({ description: 'How many nodes', default: 3, helpValue: 'N' }),
    sync: Flags.boolean({
      description: 'A commit waits for a standby (--script always does so)',
    }),
    dir: Flags.string({ description: 'Directory to make, instead of a temporary one' }),
    keep: Flags.boolean({ description: 'Leave the directory, with logs, at the end' }),
    'bin-dir': Flags.string({ description: "Folder of PostgreSQL's programs" }),
    script: Flags.boolean({
      description: 'Switchover, failover, rejoin, a summary, and the end (without a terminal)',
      exclusive: ['play'],
    }),
    play: Flags.boolean({ description: 'Leave it running until Ctrl-C (on a terminal)' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const mode = flags.script ? 'script' : flags.play ? 'play' : undefined;
    const { nodes, sync, dir: directory, keep, 'bin-dir': binDir } = flags;
    await this.perform(flags, async (session) => {
      const { demo } = await import('../demo/demo.ts');
      return demo(session, { nodes, sync, directory, keep, binDir, mode });
    });
  }
}
