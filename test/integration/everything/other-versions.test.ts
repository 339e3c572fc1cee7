import { postgres18 } from '../../harness/agent-programs.ts';
import { faultSuite } from '../fault-suite.ts';

// The same on the oldest etcd that is supported, and on the newest PostgreSQL where it can be had.
faultSuite({ mode: 'off', loss: 'bounded', etcd: '3.4' });
const binaries = postgres18();
if (binaries !== undefined) faultSuite({ mode: 'on', loss: 'none', binaries });
