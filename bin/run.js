#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const argv = process.argv.slice(2);
// Libraries' deprecations are for us, not for whoever runs a command.
process.noDeprecation = true;
if (argv[0] === 'agent' && !argv.some((word) => word === '--help' || word === '-h')) {
  // It runs for months in little memory, and does without the machinery of commands.
  const { agentMain } = await import('../dist/daemon/main.js');
  agentMain(argv.slice(1));
} else {
  if (process.version.startsWith('v20.')) {
    // A command is over before compiled code would pay; without it 4 MB less are used.
    v8.setFlagsFromString('--no-opt');
    v8.setFlagsFromString('--no-sparkplug');
  }
  // Node 22 and later keep compiled code on disk: the second start is faster.
  module.enableCompileCache?.();
  const { main } = await import('../dist/main.js');
  // Not awaited: with a reader that has gone (`| head`) oclif's help never ends, and Node would
  // call that an error. What rejects here is a mistake of ours, and Node says so.
  main(argv, fileURLToPath(new URL('..', import.meta.url)));
}
