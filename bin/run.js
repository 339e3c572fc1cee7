#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Node 22 and later keep compiled code on disk: the second start is faster.
module.enableCompileCache?.();
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
