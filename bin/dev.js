#!/usr/bin/env node
// Runs the sources as they are, without a build: slower to start, for development only.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/main.ts');
await main(process.argv.slice(2), fileURLToPath(new URL('..', import.meta.url)));
