#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

// A command is over before optimised code would pay; without it 3 MB less are used.
v8.setFlagsFromString('--no-opt');
// Node 22 and later keep compiled code on disk: the second start is faster.
module.enableCompileCache?.();
const { main } = await import('../dist/main.js');
// Not awaited: with a reader that has gone (`| head`) oclif's help never ends, and Node would call
// that an error. What rejects here is a mistake of ours, and Node says so.
main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
