import { faultSuite } from './fault-suite.ts';

faultSuite({ mode: 'off', loss: 'bounded' });
